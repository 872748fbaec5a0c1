/** What is asked of a master and a slave that belong together. */
import { createHash } from 'node:crypto';
import { openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import type { Machine, Server } from './servers.ts';

/** A broker by its address, whoever's it is. */
type Place = Pick<Server, 'address'>;

const askEveryMs = 20;
const requestLimitMs = 10_000;
const blockBytes = 1 << 20;

export class Pair<Master extends Place = Server, Slave extends Place = Server> {
  readonly master: Master;
  readonly slave: Slave;
  readonly #machine: Machine;
  readonly #client = new RemotingClient({ requestTimeoutMs: requestLimitMs });
  readonly #admin: AdminClient;

  constructor(machine: Machine, nameServer: Place, master: Master, slave: Slave) {
    this.#machine = machine;
    this.#admin = new AdminClient({ nameServers: [nameServer.address] });
    this.master = master;
    this.slave = slave;
  }

  /** Sends one message; resolves to the code of the answer. */
  async send(topic: string, broker: Place = this.master): Promise<number> {
    const fields = { a: 'Pair', b: topic, c: 'TBW102', d: 4, e: 0, f: 0, g: Date.now() };
    const request = createRequest(RequestCode.SEND_MESSAGE_V2, {
      extFields: { ...fields, h: 0, i: '', j: 0, k: false, m: false },
      body: Buffer.from('paired'),
    });
    return (await this.#client.request(broker.address, request)).code;
  }

  /** Code of a pull from the offset of queue 0, without a hold; it makes the group. */
  async pullCode(
    topic: string,
    offset: number,
    broker: Place = this.slave,
    consumerGroup = 'PairReader',
  ): Promise<number> {
    const extFields = {
      ...{ consumerGroup, topic, queueId: 0, queueOffset: offset, maxMsgNums: 1 },
      ...{ sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0, subscription: '*', subVersion: 0 },
    };
    const request = createRequest(RequestCode.PULL_MESSAGE, { extFields });
    return (await this.#client.request(broker.address, request)).code;
  }

  async commit(broker: Place, group: string, topic: string, offset: number): Promise<void> {
    const extFields = { consumerGroup: group, topic, queueId: 0, commitOffset: offset };
    const request = createRequest(RequestCode.UPDATE_CONSUMER_OFFSET, { extFields });
    await this.#client.call(broker.address, request);
  }

  /** Null when the group has none. */
  async offset(broker: Place, group: string, topic: string): Promise<number | null> {
    const extFields = { consumerGroup: group, topic, queueId: 0 };
    const request = createRequest(RequestCode.QUERY_CONSUMER_OFFSET, { extFields });
    const answer = await this.#client.request(broker.address, request);
    return answer.code === ResponseCode.SUCCESS ? Number(answer.extFields.get('offset')) : null;
  }

  async logEnd(broker: Place): Promise<number> {
    const stats = await this.#admin.clusters.runtimeStats(broker.address);
    return Number(stats.get('commitLogMaxOffset'));
  }

  /** Resolves once the slave has all that the master has now. */
  async caughtUp(limitMs: number): Promise<number> {
    const end = await this.logEnd(this.master);
    await becomes(limitMs, `the slave has ${end} bytes`, async () => {
      return (await this.logEnd(this.slave)) >= end;
    });
    return end;
  }

  /** SHA-256 of the broker's log up to the position. */
  logHash(broker: Server, end: number): string {
    const folder = join(this.#machine.storeOf(broker), 'commitlog');
    const hash = createHash('sha256');
    const block = Buffer.alloc(blockBytes);
    let left = end;
    for (const name of readdirSync(folder).sort()) {
      const file = openSync(join(folder, name), 'r');
      for (let size = readSync(file, block); size > 0 && left > 0; size = readSync(file, block)) {
        const taken = Math.min(size, left);
        hash.update(block.subarray(0, taken));
        left -= taken;
      }
    }
    if (left > 0) throw new Error(`${broker.address} has ${end - left} of ${end} bytes`);
    return hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#admin.close();
  }
}

/** Asks again until it is so; rejects after the limit. Resolves to the time it took. */
export async function becomes(
  limitMs: number,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<number> {
  const startedMs = Date.now();
  for (;;) {
    // A server that is coming up refuses connections: not so yet, either.
    if (await isSo().catch(() => false)) return Date.now() - startedMs;
    if (Date.now() - startedMs > limitMs) throw new Error(`not after ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
}

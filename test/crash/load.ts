/** A closed loop of senders that survives the death of the broker and tells the ledger. */
import { setTimeout } from 'node:timers/promises';
import { decodeRecords } from '../../src/admin/message-record.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest, type RemotingCommand } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import type { Inspection, Ledger, StoredBody } from './ledger.ts';

const requestLimitMs = 5000;
const consumerGroup = 'CrashReader';
/** With more than 256 the broker journals their entries. */
export const queues = Number(process.env['TURBOPUMP_KILLS_QUEUES'] ?? 4);

/** Stored, or not, but not promised: the answers of a broker that cannot keep its promise now. */
const unpromised: readonly number[] = [
  ResponseCode.SYSTEM_BUSY,
  ResponseCode.FLUSH_DISK_TIMEOUT,
  ResponseCode.SLAVE_NOT_AVAILABLE,
  ResponseCode.FLUSH_SLAVE_TIMEOUT,
];

export interface LoadShape {
  connections: number;
  inFlight: number;
  /** For a broker that is cut off and comes back: goes on after whatever ends a send. */
  persistent?: { pauseMs: number; requestLimitMs: number };
}

export class Load {
  readonly #broker: string;
  readonly #topic: string;
  readonly #ledger: Ledger;
  readonly #clients: RemotingClient[];
  readonly #shape: LoadShape;
  readonly #unpromised = new Map<number, number>();
  #failed = 0;
  #running: Promise<void>[] = [];
  #stopping = false;
  #alarm: (() => void) | null = null;

  constructor(broker: string, topic: string, ledger: Ledger, shape: LoadShape) {
    this.#broker = broker;
    this.#topic = topic;
    this.#ledger = ledger;
    this.#shape = shape;
    this.#clients = Array.from(
      { length: shape.connections },
      () => new RemotingClient({ requestTimeoutMs: requestLimitMs }),
    );
  }

  /** How often each code was answered that is neither a promise nor a fault. */
  get unpromised(): ReadonlyMap<number, number> {
    return this.#unpromised;
  }

  /** Sends that had no answer in their time. */
  get failedCount(): number {
    return this.#failed;
  }

  /** Starts sending; a sender whose request fails waits for the next `start`. */
  start(): void {
    this.#stopping = false;
    this.#running = this.#clients.flatMap((client) =>
      Array.from({ length: this.#shape.inFlight }, () => this.#send(client)),
    );
  }

  /** Resolves once `count` more sends were acknowledged. */
  acknowledgements(count: number): Promise<void> {
    const wanted = this.#ledger.acknowledgedCount + count;
    return new Promise((resolve) => {
      this.#alarm = () => {
        if (this.#ledger.acknowledgedCount >= wanted) resolve();
      };
    });
  }

  /** Waits until every sender has seen its last request end; what had no answer is unknown. */
  async end(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #send(client: RemotingClient): Promise<void> {
    const { persistent } = this.#shape;
    while (!this.#stopping) {
      const { sequence, body } = this.#ledger.nextBody();
      const fields = { a: 'Crash', b: this.#topic, c: 'TBW102', d: queues, e: sequence % queues };
      const request = createRequest(RequestCode.SEND_MESSAGE_V2, {
        extFields: { ...fields, f: 0, g: Date.now(), h: 0, i: '', j: 0, k: false, m: false },
        body,
        encoding: 'ROCKETMQ',
      });
      const limitMs = persistent?.requestLimitMs ?? requestLimitMs;
      // Whatever ended it, the send may or may not be stored: only an OK is a promise.
      const answer = await client.request(this.#broker, request, limitMs).catch(() => null);
      if (answer !== null) this.#note(sequence, answer);
      else this.#failed += 1;
      if (persistent !== undefined) await setTimeout(persistent.pauseMs);
      else if (answer === null) return;
    }
  }

  #note(sequence: number, { code, remark, extFields }: RemotingCommand): void {
    if (code === ResponseCode.SUCCESS) {
      const queueOffset = Number(extFields.get('queueOffset'));
      this.#ledger.acknowledge(sequence, {
        queueId: Number(extFields.get('queueId')),
        queueOffset,
      });
      this.#alarm?.();
    } else if (this.#shape.persistent !== undefined && unpromised.includes(code)) {
      this.#unpromised.set(code, (this.#unpromised.get(code) ?? 0) + 1);
    } else {
      throw new Error(`send answered ${code}: ${remark}`);
    }
  }
}

/** Everything the broker serves of the topic, queue by queue from the first offset on. */
export async function readAll(broker: string, topic: string): Promise<Map<number, StoredBody[]>> {
  const stored = new Map<number, StoredBody[]>();
  for (let queueId = 0; queueId < queues; queueId++) stored.set(queueId, []);
  await read(broker, topic, {
    from: () => 0,
    take: (id, bodies) => stored.get(id)?.push(...bodies),
  });
  return stored;
}

/** Shows the inspection what the broker serves beyond the part that it has seen. */
export async function readOn(broker: string, topic: string, inspection: Inspection): Promise<void> {
  await read(broker, topic, {
    from: (queueId) => inspection.end(queueId),
    take: (queueId, bodies) => inspection.take(queueId, bodies),
  });
}

interface Reading {
  from: (queueId: number) => number;
  take: (queueId: number, bodies: StoredBody[]) => void;
}

async function read(broker: string, topic: string, { from, take }: Reading): Promise<void> {
  const client = new RemotingClient({ requestTimeoutMs: requestLimitMs });
  try {
    for (let queueId = 0; queueId < queues; queueId++) {
      for (let offset = from(queueId); ; ) {
        const page = await pull(client, broker, {
          consumerGroup,
          topic,
          queueId,
          queueOffset: offset,
        });
        if (page === null) break;
        take(queueId, page.bodies);
        offset = page.next;
      }
    }
  } finally {
    await client.close();
  }
}

/** Null at the end of the queue. */
export async function pull(
  client: RemotingClient,
  broker: string,
  at: { consumerGroup: string; topic: string; queueId: number; queueOffset: number },
): Promise<{ bodies: StoredBody[]; next: number } | null> {
  const request = createRequest(RequestCode.PULL_MESSAGE, {
    extFields: {
      ...{ ...at, maxMsgNums: 256, sysFlag: 4, commitOffset: 0 },
      ...{ suspendTimeoutMillis: 0, subscription: '*', subVersion: 0 },
    },
  });
  const answer = await client.request(broker, request);
  // A slave that follows its master sends there whoever is at its end.
  const ends: number[] = [ResponseCode.PULL_NOT_FOUND, ResponseCode.PULL_RETRY_IMMEDIATELY];
  if (ends.includes(answer.code)) return null;
  const place = `${at.queueId}@${at.queueOffset}`;
  if (answer.code !== ResponseCode.SUCCESS) {
    throw new Error(`pull of ${place} answered ${answer.code} ${answer.remark}`);
  }
  const next = Number(answer.extFields.get('nextBeginOffset'));
  if (!(next > at.queueOffset)) throw new Error(`pull of ${place} leads to ${next}`);
  const bodies = decodeRecords(answer.body).map(({ queueOffset, body }) => ({ queueOffset, body }));
  return { bodies, next };
}

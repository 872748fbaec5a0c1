/**
 * What clients of IPv4 and IPv6 send and ask in a hand-over: single messages with keys, batches,
 * delayed ones; and the ledger of what was acknowledged where, against which every later broker is
 * held.
 */
import { decodeRecords, type StoredMessage } from '../../src/admin/message-record.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest, type RemotingCommand } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import type { HostFamily } from './handover-brokers.ts';

const requestLimitMs = 15_000;
const delayLimitMs = 30_000;
const askEveryMs = 100;
const inFlight = 64;
const batchMessages = 20;
const queues = 4;
const topic = 'Handover';
const delayedTopic = 'HandoverDelayed';

/** What a broker was found to lack or to have twice, as texts; all empty when all is well. */
export interface Findings {
  lost: string[];
  twice: string[];
  wrong: string[];
  keysMissing: string[];
  /** Delivered again; a broker that was killed may, since it saves its progress now and then. */
  delayedTwice: string[];
}

interface Sent {
  readonly key: string;
  readonly body: string;
  readonly place: string;
  /** Which hosts of the record are IPv6, as in its flags. */
  readonly hosts: number;
}

interface Put {
  to: string;
  properties: string;
  body: string | Buffer;
  family: HostFamily;
}

const bornHostV6 = 0x10;
const storeHostV6 = 0x20;

export class Traffic {
  readonly #client = new RemotingClient({ requestTimeoutMs: requestLimitMs });
  readonly #broker: { v4: string; v6: string };
  readonly #sent = new Map<string, Sent>();
  readonly #delayed = new Set<string>();
  /** Keys known to be missing, and delayed messages known to be there twice: said once. */
  readonly #known = new Set<string>();
  /** Where in what was sent the last turn began. */
  #turn = 0;
  #storeHosts = 0;
  #sequence = 0;
  #servedEnd = 0;

  constructor(broker: { v4: string; v6: string }) {
    this.#broker = broker;
  }

  get sentCount(): number {
    return this.#sent.size + this.#delayed.size;
  }

  /** End of the last record that a broker has served. */
  get servedEnd(): number {
    return this.#servedEnd;
  }

  /**
   * Sends `count` messages, a tenth of them in batches and twenty with a delay of a second, to a
   * broker that gives itself an address of `storeHost`.
   */
  async send(count: number, storeHost: HostFamily): Promise<void> {
    this.#turn = this.#sent.size;
    this.#storeHosts = storeHost === 6 ? storeHostV6 : 0;
    await this.#each(20, () => this.#sendDelayed());
    const batches = Math.floor(count / 10 / batchMessages);
    await this.#each(batches, () => this.#sendBatch());
    await this.#each(count - batches * batchMessages - 20, () => this.#sendOne());
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /**
   * Reads all queues to their ends and asks for `keys` keys of the last turn and as many of all;
   * again while something is lacking, for a broker that builds its queues behind the log.
   */
  async judge(keys: number): Promise<Findings> {
    const deadline = Date.now() + delayLimitMs;
    for (;;) {
      const findings = await this.#look(keys);
      const isWhole = findings.lost.length + findings.keysMissing.length === 0;
      if (isWhole || Date.now() > deadline) {
        for (const key of [...findings.keysMissing, ...findings.delayedTwice]) this.#known.add(key);
        return findings;
      }
      await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    }
  }

  async #look(keys: number): Promise<Findings> {
    const findings: Findings = {
      ...{ lost: [], twice: [], wrong: [], keysMissing: [] },
      delayedTwice: [],
    };
    const found = new Map<string, string>();
    for (let queueId = 0; queueId < queues; queueId++) {
      await this.#readQueue(topic, queueId, (message) => this.#judgeOne(message, found, findings));
    }
    for (const { key, place } of this.#sent.values()) {
      if (found.get(key) !== place) findings.lost.push(`${key} ${place}: ${found.get(key)}`);
    }
    await this.#judgeDelayed(findings);
    const all = [...this.#sent.values()];
    await this.#judgeKeys(findings, [...evenly(all, keys), ...evenly(all.slice(this.#turn), keys)]);
    return findings;
  }

  #judgeOne(message: StoredMessage, found: Map<string, string>, findings: Findings): void {
    const key = message.properties.get('KEYS') ?? '';
    this.#servedEnd = Math.max(this.#servedEnd, message.physicalOffset + message.storeSize);
    if (found.has(key)) findings.twice.push(key);
    found.set(key, `${message.queueId}@${message.queueOffset}`);
    const sent = this.#sent.get(key);
    if (sent === undefined) return;
    const hosts = message.sysFlag & (bornHostV6 | storeHostV6);
    const isSame = sent.body === message.body.toString() && sent.hosts === hosts;
    if (!isSame) findings.wrong.push(key);
  }

  async #judgeDelayed(findings: Findings): Promise<void> {
    const delivered = new Map<string, number>();
    for (let queueId = 0; queueId < queues; queueId++) {
      await this.#readQueue(delayedTopic, queueId, ({ properties }) => {
        const key = properties.get('KEYS') ?? '';
        delivered.set(key, (delivered.get(key) ?? 0) + 1);
      });
    }
    const lost = [...this.#delayed].filter((key) => !delivered.has(key));
    findings.lost.push(...lost.map((key) => `delayed ${key}`));
    for (const [key, times] of delivered) {
      const text = `${key} ${times} times`;
      if (times > 1 && !this.#known.has(text)) findings.delayedTwice.push(text);
    }
  }

  async #judgeKeys(findings: Findings, asked: Sent[]): Promise<void> {
    await this.#each(asked.length, async (index) => {
      const sent = asked[index];
      if (sent === undefined || this.#known.has(sent.key)) return;
      const extFields = { topic, key: sent.key, maxNum: 64, beginTimestamp: 0 };
      const answer = await this.#ask(RequestCode.QUERY_MESSAGE, {
        ...extFields,
        endTimestamp: Date.now() + 3_600_000,
      });
      const isThere = (message: StoredMessage): boolean =>
        message.properties.get('KEYS') === sent.key && message.body.toString() === sent.body;
      if (!decodeRecords(answer.body).some(isThere)) findings.keysMissing.push(sent.key);
    });
  }

  async #readQueue(
    from: string,
    queueId: number,
    take: (message: StoredMessage) => void,
  ): Promise<void> {
    for (let offset = 0; ; ) {
      const answer = await this.#ask(RequestCode.PULL_MESSAGE, {
        ...{ consumerGroup: 'HandoverReader', topic: from, queueId, queueOffset: offset },
        ...{ maxMsgNums: 256, sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0 },
        ...{ subscription: '*', subVersion: 0 },
      });
      if (answer.code === ResponseCode.TOPIC_NOT_EXIST) return;
      const next = Number(answer.extFields.get('nextBeginOffset'));
      if (answer.code === ResponseCode.SUCCESS) decodeRecords(answer.body).forEach(take);
      if (!(next > offset)) return;
      offset = next;
    }
  }

  async #sendOne(): Promise<void> {
    const { key, body } = this.#next();
    const family = this.#family();
    const properties = `KEYS\x01${key}\x02`;
    const put = { to: topic, properties, body, family };
    const answer = await this.#put(RequestCode.SEND_MESSAGE_V2, put);
    this.#note({ key, body }, family, Number(answer.extFields.get('queueOffset')), answer);
  }

  async #sendDelayed(): Promise<void> {
    const { key, body } = this.#next();
    const properties = `KEYS\x01${key}\x02DELAY\x011\x02`;
    const put = { to: delayedTopic, properties, body, family: this.#family() };
    await this.#put(RequestCode.SEND_MESSAGE_V2, put);
    this.#delayed.add(key);
  }

  async #sendBatch(): Promise<void> {
    const messages = Array.from({ length: batchMessages }, () => this.#next());
    const bytes = Buffer.concat(messages.map(({ key, body }) => batchItem(key, body)));
    const family = this.#family();
    const put = { to: topic, properties: '', body: bytes, family };
    const answer = await this.#put(RequestCode.SEND_BATCH_MESSAGE, put);
    const first = Number(answer.extFields.get('queueOffset'));
    messages.forEach((message, index) => {
      this.#note(message, family, first + index, answer);
    });
  }

  #next(): { key: string; body: string } {
    const key = `key-${this.#sequence++}`;
    return { key, body: `${key} ${'x'.repeat(this.#sequence % 400)}` };
  }

  #family(): HostFamily {
    return this.#sequence % 2 === 0 ? 4 : 6;
  }

  #note(
    { key, body }: { key: string; body: string },
    family: HostFamily,
    queueOffset: number,
    answer: RemotingCommand,
  ): void {
    const place = `${answer.extFields.get('queueId')}@${queueOffset}`;
    const hosts = this.#storeHosts | (family === 6 ? bornHostV6 : 0);
    this.#sent.set(key, { key, body, place, hosts });
  }

  async #put(code: number, { to, properties, body, family }: Put): Promise<RemotingCommand> {
    const fields = { a: 'Handover', b: to, c: 'TBW102', d: queues, e: this.#sequence % queues };
    const rest = { f: 0, g: Date.now(), h: 0, i: properties, j: 0, k: false };
    const batch = { m: code === RequestCode.SEND_BATCH_MESSAGE };
    return await this.#ask(code, { ...fields, ...rest, ...batch }, Buffer.from(body), family);
  }

  async #ask(
    code: number,
    extFields: Record<string, string | number | boolean>,
    body?: Buffer,
    family: HostFamily = 4,
  ): Promise<RemotingCommand> {
    const request = createRequest(code, body === undefined ? { extFields } : { extFields, body });
    const broker = family === 6 ? this.#broker.v6 : this.#broker.v4;
    const answer = await this.#client.request(broker, request, requestLimitMs);
    const fine: number[] = [
      ...[ResponseCode.SUCCESS, ResponseCode.PULL_NOT_FOUND, ResponseCode.TOPIC_NOT_EXIST],
      ...[ResponseCode.PULL_OFFSET_MOVED, ResponseCode.QUERY_NOT_FOUND],
      ResponseCode.PULL_RETRY_IMMEDIATELY,
    ];
    if (fine.includes(answer.code)) return answer;
    throw new Error(`request ${code} answered ${answer.code}: ${answer.remark}`);
  }

  async #each(count: number, act: (index: number) => Promise<void>): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) await act(next++);
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }
}

/** At most `count` of them, from all over. */
function evenly<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.ceil(all.length / count));
  return all.filter((_, index) => index % step === 0);
}

/** One message of a batch body: size, magic, crc, flag, body, properties. */
function batchItem(key: string, body: string): Buffer {
  const properties = Buffer.from(`KEYS\x01${key}\x02`);
  const bytes = Buffer.alloc(22 + body.length + properties.length);
  bytes.writeInt32BE(bytes.length, 0);
  bytes.writeInt32BE(body.length, 16);
  bytes.write(body, 20);
  bytes.writeInt16BE(properties.length, 20 + body.length);
  properties.copy(bytes, 22 + body.length);
  return bytes;
}

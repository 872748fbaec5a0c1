/**
 * What a client sends and asks in a hand-over: single messages with keys, batches, delayed ones;
 * and the ledger of what was acknowledged where, against which every later broker is held.
 */
import { decodeRecords, type StoredMessage } from '../../src/admin/message-record.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest, type RemotingCommand } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';

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
}

interface Sent {
  readonly key: string;
  readonly body: string;
  readonly place: string;
}

export class Traffic {
  readonly #client = new RemotingClient({ requestTimeoutMs: requestLimitMs });
  readonly #broker: string;
  readonly #sent = new Map<string, Sent>();
  readonly #delayed = new Set<string>();
  #sequence = 0;
  #servedEnd = 0;

  constructor(broker: string) {
    this.#broker = broker;
  }

  get sentCount(): number {
    return this.#sent.size + this.#delayed.size;
  }

  /** End of the last record that a broker has served. */
  get servedEnd(): number {
    return this.#servedEnd;
  }

  /** Sends `count` messages, a tenth of them in batches and twenty with a delay of a second. */
  async send(count: number): Promise<void> {
    await this.#each(20, () => this.#sendDelayed());
    const batches = Math.floor(count / 10 / batchMessages);
    await this.#each(batches, () => this.#sendBatch());
    await this.#each(count - batches * batchMessages - 20, () => this.#sendOne());
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Reads all queues to their ends and asks for the keys of `keyShare` of all messages. */
  async judge(keyShare: number): Promise<Findings> {
    const findings: Findings = { lost: [], twice: [], wrong: [], keysMissing: [] };
    const found = new Map<string, string>();
    for (let queueId = 0; queueId < queues; queueId++) {
      for (const message of await this.#readQueue(topic, queueId)) {
        const key = message.properties.get('KEYS') ?? '';
        this.#servedEnd = Math.max(this.#servedEnd, message.physicalOffset + message.storeSize);
        if (found.has(key)) findings.twice.push(key);
        found.set(key, `${queueId}@${message.queueOffset}`);
        const sent = this.#sent.get(key);
        if (sent !== undefined && sent.body !== message.body.toString()) findings.wrong.push(key);
      }
    }
    for (const { key, place } of this.#sent.values()) {
      if (found.get(key) !== place) findings.lost.push(`${key} ${place}: ${found.get(key)}`);
    }
    await this.#judgeDelayed(findings);
    await this.#judgeKeys(findings, keyShare);
    return findings;
  }

  async #judgeDelayed(findings: Findings): Promise<void> {
    const deadline = Date.now() + delayLimitMs;
    for (;;) {
      const delivered = new Set<string>();
      for (let queueId = 0; queueId < queues; queueId++) {
        for (const message of await this.#readQueue(delayedTopic, queueId)) {
          delivered.add(message.properties.get('KEYS') ?? '');
        }
      }
      const lost = [...this.#delayed].filter((key) => !delivered.has(key));
      if (lost.length === 0) return;
      if (Date.now() > deadline) {
        findings.lost.push(...lost.map((key) => `delayed ${key}`));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    }
  }

  async #judgeKeys(findings: Findings, share: number): Promise<void> {
    const step = Math.max(1, Math.round(1 / share));
    const asked = [...this.#sent.values()].filter((_, index) => index % step === 0);
    await this.#each(asked.length, async (index) => {
      const sent = asked[index];
      if (sent === undefined) return;
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

  async #readQueue(from: string, queueId: number): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    for (let offset = 0; ; ) {
      const answer = await this.#ask(RequestCode.PULL_MESSAGE, {
        ...{ consumerGroup: 'HandoverReader', topic: from, queueId, queueOffset: offset },
        ...{ maxMsgNums: 256, sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0 },
        ...{ subscription: '*', subVersion: 0 },
      });
      if (answer.code === ResponseCode.TOPIC_NOT_EXIST) return messages;
      const next = Number(answer.extFields.get('nextBeginOffset'));
      if (answer.code === ResponseCode.SUCCESS) messages.push(...decodeRecords(answer.body));
      if (!(next > offset)) return messages;
      offset = next;
    }
  }

  async #sendOne(): Promise<void> {
    const { key, body } = this.#next();
    const answer = await this.#put(RequestCode.SEND_MESSAGE_V2, topic, `KEYS\x01${key}\x02`, body);
    this.#note(key, body, Number(answer.extFields.get('queueOffset')), answer);
  }

  async #sendDelayed(): Promise<void> {
    const { key, body } = this.#next();
    const properties = `KEYS\x01${key}\x02DELAY\x011\x02`;
    await this.#put(RequestCode.SEND_MESSAGE_V2, delayedTopic, properties, body);
    this.#delayed.add(key);
  }

  async #sendBatch(): Promise<void> {
    const messages = Array.from({ length: batchMessages }, () => this.#next());
    const bytes = Buffer.concat(messages.map(({ key, body }) => batchItem(key, body)));
    const answer = await this.#put(RequestCode.SEND_BATCH_MESSAGE, topic, '', bytes);
    const first = Number(answer.extFields.get('queueOffset'));
    messages.forEach(({ key, body }, index) => {
      this.#note(key, body, first + index, answer);
    });
  }

  #next(): { key: string; body: string } {
    const key = `key-${this.#sequence++}`;
    return { key, body: `${key} ${'x'.repeat(this.#sequence % 400)}` };
  }

  #note(key: string, body: string, queueOffset: number, answer: RemotingCommand): void {
    const place = `${answer.extFields.get('queueId')}@${queueOffset}`;
    this.#sent.set(key, { key, body, place });
  }

  async #put(
    code: number,
    to: string,
    properties: string,
    body: string | Buffer,
  ): Promise<RemotingCommand> {
    const fields = { a: 'Handover', b: to, c: 'TBW102', d: queues, e: this.#sequence % queues };
    const rest = { f: 0, g: Date.now(), h: 0, i: properties, j: 0, k: false };
    const batch = { m: code === RequestCode.SEND_BATCH_MESSAGE };
    return await this.#ask(code, { ...fields, ...rest, ...batch }, Buffer.from(body));
  }

  async #ask(
    code: number,
    extFields: Record<string, string | number | boolean>,
    body?: Buffer,
  ): Promise<RemotingCommand> {
    const request = createRequest(code, body === undefined ? { extFields } : { extFields, body });
    const answer = await this.#client.request(this.#broker, request, requestLimitMs);
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

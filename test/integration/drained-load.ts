/** Senders and a consumer on several brokers, as clients behave, and the ledger of both. */
import { decodeRecords } from '../../src/admin/message-record.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
} from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { heartbeatBody } from '../broker/support/heartbeats.ts';

const senders = 8;
const limitMs = 5000;
/** Every so many messages one is delayed, and one is sent back at first. */
const delayedEvery = 40;
const sentBackEvery = 50;

export class DrainedLoad {
  readonly topic = 'Drained';
  readonly group = 'Drainers';
  /** Message → broker that acknowledged it. */
  readonly acknowledged = new Map<number, string>();
  readonly consumed = new Map<number, number>();
  sentBack = 0;
  refused = 0;
  readonly #brokers: string[];
  readonly #queues: number;
  readonly #client = new RemotingClient({ requestTimeoutMs: limitMs });
  readonly #stopped = new Set<string>();
  #next = 0;
  #sending = true;
  #consuming = true;
  #running: Promise<void>[] = [];
  #reading: Promise<void>[] = [];

  constructor(brokers: string[], queues: number) {
    this.#brokers = brokers;
    this.#queues = queues;
  }

  async start(): Promise<void> {
    const beat = { clientId: 'drained', group: this.group, topics: [this.topic, this.#retryTopic] };
    for (const broker of this.#brokers) {
      await this.#call(broker, RequestCode.HEART_BEAT, {}, heartbeatBody(beat));
    }
    this.#running = Array.from({ length: senders }, () => this.#send());
    this.#reading = this.#brokers.flatMap((broker) => [
      this.#consume(broker, this.#retryTopic, 0),
      ...Array.from({ length: this.#queues }, (_, id) => this.#consume(broker, this.topic, id)),
    ]);
  }

  /** The broker is about to end: nobody asks it any more. */
  leave(broker: string): void {
    this.#stopped.add(broker);
  }

  async endSending(): Promise<void> {
    this.#sending = false;
    await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    this.#sending = false;
    await Promise.allSettled(this.#running);
    this.#consuming = false;
    const ends = Promise.allSettled(this.#reading);
    await this.#client.close();
    await ends;
  }

  missing(): number[] {
    return [...this.acknowledged.keys()].filter((number) => !this.consumed.has(number));
  }

  get #retryTopic(): string {
    return `%RETRY%${this.group}`;
  }

  #call(
    broker: string,
    code: number,
    extFields: ExtValues,
    body?: Buffer,
  ): Promise<RemotingCommand> {
    return this.#client.request(broker, createRequest(code, { extFields, body }), limitMs);
  }

  async #send(): Promise<void> {
    while (this.#sending) {
      const number = this.#next++;
      for (let attempt = 0; ; attempt++) {
        const broker = this.#brokers[(number + attempt) % this.#brokers.length] ?? '';
        if (await this.#sendTo(broker, number)) break;
        if (!this.#sending) return;
      }
    }
  }

  /** Whether it was acknowledged; as a client, any other answer is another broker's turn. */
  async #sendTo(broker: string, number: number): Promise<boolean> {
    if (this.#stopped.has(broker)) return false;
    const properties = number % delayedEvery === 0 ? 'DELAY\u00011\u0002' : '';
    const fields = { a: 'P', b: this.topic, c: 'TBW102', d: this.#queues };
    const rest = { e: number % this.#queues, f: 0, g: Date.now(), h: 0, i: properties, j: 0 };
    const body = Buffer.from(String(number));
    const code = RequestCode.SEND_MESSAGE_V2;
    const answer = await this.#call(broker, code, { ...fields, ...rest }, body);
    if (answer.code !== ResponseCode.SUCCESS) {
      if (answer.code !== ResponseCode.SERVICE_NOT_AVAILABLE) {
        throw new Error(`a send was answered ${answer.code} ${answer.remark}`);
      }
      this.refused++;
      return false;
    }
    this.acknowledged.set(number, broker);
    return true;
  }

  async #consume(broker: string, topic: string, queueId: number): Promise<void> {
    let offset = 0;
    while (this.#consuming && !this.#stopped.has(broker)) {
      const answer = await this.#call(broker, RequestCode.PULL_MESSAGE, {
        ...{ consumerGroup: this.group, topic, queueId, queueOffset: offset, maxMsgNums: 8 },
        ...{ sysFlag: 6, commitOffset: 0, suspendTimeoutMillis: 500, subscription: '*' },
        ...{ subVersion: 0, expressionType: 'TAG' },
      }).catch((error: unknown) => {
        // Closing the client ends what it waits for.
        if (this.#consuming && !this.#stopped.has(broker)) throw error;
        return null;
      });
      if (answer?.code !== ResponseCode.SUCCESS) continue;
      for (const { body, physicalOffset, reconsumeTimes } of decodeRecords(answer.body)) {
        await this.#take(broker, Number(body.toString()), physicalOffset, reconsumeTimes);
      }
      offset = Number(answer.extFields.get('nextBeginOffset'));
      const commit = { consumerGroup: this.group, topic, queueId, commitOffset: offset };
      await this.#call(broker, RequestCode.UPDATE_CONSUMER_OFFSET, commit);
    }
  }

  async #take(broker: string, number: number, offset: number, times: number): Promise<void> {
    if (times === 0 && number % sentBackEvery === 7) {
      const fields = { group: this.group, offset, delayLevel: 1, unitMode: false };
      const code = RequestCode.CONSUMER_SEND_MSG_BACK;
      const { code: answered } = await this.#call(broker, code, fields);
      if (answered === ResponseCode.SUCCESS) {
        this.sentBack++;
        return;
      }
    }
    this.consumed.set(number, (this.consumed.get(number) ?? 0) + 1);
  }
}

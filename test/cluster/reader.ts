/**
 * A consumer of all queues that goes where it can: to the master, and to the slave while the
 * master does not answer; it commits where it has read, as RocketMQ's clients do.
 */
import { setTimeout } from 'node:timers/promises';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { Inspection, type Ledger } from '../crash/ledger.ts';
import { pull, queues } from '../crash/load.ts';

const requestLimitMs = 1000;
const askAgainMs = 20;

export class Reader {
  readonly group: string;
  readonly topic: string;
  /** What it has consumed. */
  readonly consumed: Inspection;
  readonly #client = new RemotingClient({ requestTimeoutMs: requestLimitMs });
  readonly #brokers: readonly string[];
  readonly #reading: Promise<void>[];
  #isOver = false;

  /** Begins to read; `brokers` are the master and then its slave, as this reader reaches them. */
  constructor(group: string, topic: string, ledger: Ledger, brokers: readonly string[]) {
    this.group = group;
    this.topic = topic;
    this.consumed = new Inspection(ledger);
    this.#brokers = brokers;
    this.#reading = Array.from({ length: queues }, (_, queueId) => this.#read(queueId));
  }

  /** Where the consumer stands in each queue. */
  positions(): number[] {
    return Array.from({ length: queues }, (_, queueId) => this.consumed.end(queueId));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#reading);
    await this.#client.close();
  }

  async #read(queueId: number): Promise<void> {
    while (!this.#isOver) {
      let found = false;
      for (const broker of this.#brokers) {
        // One that is cut off is left for the next; its answer, should it come, is nobody's.
        const outcome = await this.#readAt(broker, queueId).catch(() => null);
        found ||= outcome === 'some';
        if (outcome !== null) break;
      }
      if (!found) await setTimeout(askAgainMs);
    }
  }

  async #readAt(broker: string, queueId: number): Promise<'some' | 'none'> {
    const { group: consumerGroup, topic } = this;
    const queueOffset = this.consumed.end(queueId);
    const page = await pull(this.#client, broker, { consumerGroup, topic, queueId, queueOffset });
    if (page !== null) this.consumed.take(queueId, page.bodies);
    const commitOffset = this.consumed.end(queueId);
    const extFields = { consumerGroup, topic, queueId, commitOffset };
    const request = createRequest(RequestCode.UPDATE_CONSUMER_OFFSET, { extFields });
    await this.#client.call(broker, request);
    return page === null ? 'none' : 'some';
  }
}

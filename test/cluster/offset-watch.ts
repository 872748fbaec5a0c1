/** Looks at the consumer offsets of brokers again and again: none may ever move back. */
import { setTimeout } from 'node:timers/promises';
import { decodeOffsetTable } from '../../src/broker/offsets/offset-file.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';

const lookEveryMs = 50;

export class OffsetWatch {
  readonly #client = new RemotingClient();
  readonly #brokers: readonly string[];
  readonly #highest = new Map<string, number>();
  readonly #movedBack: string[] = [];
  #looks = 0;
  #failure: unknown = null;
  readonly #watching: Promise<void>;
  #isOver = false;

  /** Begins to look, at the brokers' own addresses: the watch itself is cut off from nobody. */
  constructor(brokers: readonly string[]) {
    this.#brokers = brokers;
    this.#watching = this.#watch().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  get looks(): number {
    return this.#looks;
  }

  /** Each step back that was seen. */
  get movedBack(): readonly string[] {
    return this.#movedBack;
  }

  /** The broker's offsets now, by group, topic and queue. */
  async offsets(broker: string): Promise<Map<string, number>> {
    const request = createRequest(RequestCode.GET_ALL_CONSUMER_OFFSET);
    const { body } = await this.#client.call(broker, request);
    const table = decodeOffsetTable(Buffer.from(body).toString('utf8'));
    return new Map(
      table.offsets.map(({ group, topic, queueId, offset }) => [
        `${group} ${topic} ${queueId}`,
        offset,
      ]),
    );
  }

  /** Rejects if a look failed. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
    await this.#client.close();
    if (this.#failure !== null) throw this.#failure;
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      for (const broker of this.#brokers) this.#note(broker, await this.offsets(broker));
      this.#looks += 1;
      await setTimeout(lookEveryMs);
    }
  }

  #note(broker: string, offsets: ReadonlyMap<string, number>): void {
    for (const [key, offset] of offsets) this.#noteOne(`${broker} ${key}`, offset);
    for (const key of this.#highest.keys()) {
      if (!key.startsWith(`${broker} `)) continue;
      if (!offsets.has(key.slice(broker.length + 1))) this.#movedBack.push(`${key}: gone`);
    }
  }

  #noteOne(key: string, offset: number): void {
    const highest = this.#highest.get(key) ?? 0;
    if (offset < highest) this.#movedBack.push(`${key}: ${highest} to ${offset}`);
    this.#highest.set(key, Math.max(highest, offset));
  }
}

/** Finding every stored copy of a message: as sent, delayed, sent back, dead. */
import { placeOf } from '../../model/message-id.ts';
import { DLQ_PREFIX, RETRY_PREFIX, SystemTopic } from '../../model/topic-name.ts';
import { AnswerError } from '../../remoting/errors.ts';
import type { AdminClient } from '../admin-client.ts';
import { allInOrder } from '../in-order.ts';
import type { StoredMessage } from '../message-record.ts';
import type { Log, Logs } from './logs.ts';

export interface Copy {
  message: StoredMessage;
  log: Log;
  /** Whether the broker still has the topic it lies in. */
  hasTopic: boolean;
}

/** A topic of a broker. */
interface Shelf {
  log: Log;
  topic: string;
  hasTopic: boolean;
}

const copiesMaximum = 64;
const anyTime = { beginTimestamp: 0, endTimestamp: Number.MAX_SAFE_INTEGER };

export class Search {
  readonly #admin: AdminClient;
  readonly #logs: Logs;
  readonly #topic: string | null;
  readonly #topics = new Map<Log, Promise<Set<string>>>();

  /** With a topic only there and where its messages go when delayed or sent back. */
  constructor(admin: AdminClient, logs: Logs, topic: string | null) {
    this.#admin = admin;
    this.#logs = logs;
    this.#topic = topic;
  }

  /** The copies with that unique id, or with that business key, oldest first. */
  async byKey(key: string, uniqueKey: boolean): Promise<Copy[]> {
    const found = await this.#in(this.#logs.speakers, key, uniqueKey);
    if (found.length > 0) return found;
    // What a master lost or never got flushed may be on its slave.
    const { all, speakers } = this.#logs;
    return this.#in(
      all.filter((log) => !speakers.includes(log)),
      key,
      uniqueKey,
    );
  }

  /** The copy at the place that the offset message id names; null when nobody has it. */
  async byPlace(messageId: string): Promise<Copy | null> {
    const place = placeOf(messageId);
    if (place === null) return null;
    const { all } = this.#logs;
    const owner = all.find(({ address }) => address === place.address);
    // A slave has its master's records at the same place; which set a dead master was of, nobody
    // says, so that only a record stored by it counts.
    const askable = owner === undefined ? all : [owner];
    for (const log of askable) {
      const message = await this.#view(log, place.physicalOffset);
      if (message?.offsetMessageId !== messageId.toUpperCase()) continue;
      const names = await this.#topicsOf(log);
      return { message, log, hasTopic: names.has(message.topic) };
    }
    return null;
  }

  async #view({ address, begin, end }: Log, offset: number): Promise<StoredMessage | null> {
    if (offset < begin || offset >= end) return null;
    try {
      return await this.#admin.messages.view(address, offset);
    } catch (error) {
      if (error instanceof AnswerError) return null;
      throw error;
    }
  }

  async #in(logs: readonly Log[], key: string, uniqueKey: boolean): Promise<Copy[]> {
    const shelves = (await allInOrder(logs, (log) => this.#shelves(log))).flat();
    const asked = await allInOrder(shelves, async ({ log, topic, hasTopic }) => {
      const question = { topic, key, maxNum: copiesMaximum, ...anyTime, uniqueKey };
      const found = await this.#admin.messages.queryInBroker(log.address, question);
      return found
        .filter((message) => message.topic === topic && hasKey(message, key, uniqueKey))
        .map((message) => ({ message, log, hasTopic }));
    });
    return asked
      .flat()
      .sort(({ message: left }, { message: right }) =>
        left.storeTimestamp === right.storeTimestamp
          ? left.physicalOffset - right.physicalOffset
          : left.storeTimestamp - right.storeTimestamp,
      );
  }

  async #shelves(log: Log): Promise<Shelf[]> {
    const names = await this.#topicsOf(log);
    const asked = this.#topic;
    if (asked === null) return [...names].map((topic) => ({ log, topic, hasTopic: true }));
    const derived = [...names].filter((topic) => topic !== asked && takesFromOthers(topic));
    return [
      { log, topic: asked, hasTopic: names.has(asked) },
      ...derived.map((topic) => ({ log, topic, hasTopic: true })),
    ];
  }

  #topicsOf(log: Log): Promise<Set<string>> {
    const known = this.#topics.get(log);
    if (known !== undefined) return known;
    const asked = this.#admin.topics.namesInBroker(log.address);
    this.#topics.set(log, asked);
    return asked;
  }
}

function takesFromOthers(topic: string): boolean {
  return (
    topic === SystemTopic.SCHEDULE ||
    topic === SystemTopic.TRANS_HALF ||
    topic.startsWith(RETRY_PREFIX) ||
    topic.startsWith(DLQ_PREFIX)
  );
}

function hasKey({ properties }: StoredMessage, key: string, uniqueKey: boolean): boolean {
  if (uniqueKey) return properties.get('UNIQ_KEY') === key;
  return (properties.get('KEYS') ?? '').split(' ').includes(key);
}

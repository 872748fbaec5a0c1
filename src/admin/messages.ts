/** Messages: finding, pulling and sending them, and the entries of their queues. */
import { placeOf } from '../model/message-id.ts';
import { AnswerError } from '../remoting/errors.ts';
import { createRequest } from '../remoting/remoting-command.ts';
import { RequestCode } from '../remoting/request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { QueueContents, SendAnswer } from './answers.ts';
import type { Asker } from './asker.ts';
import type { ClusterAdmin } from './clusters.ts';
import { decodeQueueContents } from './decode-status.ts';
import { answersInOrder, type OnMissing } from './in-order.ts';
import { decodeRecords, type StoredMessage } from './message-record.ts';
import { type PullAnswer, type PullQuestion, pullFrom } from './pull.ts';
import { type MessageToSend, sendTo } from './send.ts';
import type { TopicAdmin } from './topics.ts';

/** Queries read an index file per broker: three times the usual limit, as in Java. */
const slowFactor = 3;
/** Java's limit of messages with one unique key. */
const uniqueMaximum = 32;

export interface MessageQuestion {
  topic: string;
  key: string;
  maxNum: number;
  /** Milliseconds of store time. */
  beginTimestamp: number;
  endTimestamp: number;
  /** Topic whose route says which brokers to ask; usually the topic itself. */
  routeTopic: string;
  /** Whether the key is a client's unique id rather than a business key. */
  uniqueKey: boolean;
}

export interface QueueQuestion {
  topic: string;
  queueId: number;
  /** First entry. */
  index: number;
  count: number;
  /** Group whose filter is applied to the entries, null for none. */
  consumerGroup: string | null;
}

export class MessageAdmin {
  readonly #asker: Asker;
  readonly #clusters: ClusterAdmin;
  readonly #topics: TopicAdmin;

  constructor(asker: Asker, clusters: ClusterAdmin, topics: TopicAdmin) {
    this.#asker = asker;
    this.#clusters = clusters;
    this.#topics = topics;
  }

  /** One message by the place its offset message id names, or by its unique id. */
  async find(topic: string, messageId: string, routeTopic: string): Promise<StoredMessage> {
    const place = placeOf(messageId);
    // A unique id has the shape of an offset id; dialling an address that no broker has would
    // only cost the connect timeout.
    if (place !== null && (await this.#clusters.hasBroker(place.address))) {
      return this.view(place.address, place.physicalOffset);
    }
    const [found] = await this.withUniqueKey(topic, messageId, routeTopic);
    if (found === undefined) throw new Error(`no message with id ${messageId} in ${topic}`);
    return found;
  }

  /** The message at a physical offset of a broker's log. */
  async view(broker: string, offset: number): Promise<StoredMessage> {
    const code = RequestCode.VIEW_MESSAGE_BY_ID;
    const answer = await this.#asker.ask(broker, code, { fields: { offset } });
    const [message] = decodeRecords(answer.body);
    if (message === undefined) throw new Error(`${broker} answered without a message`);
    return message;
  }

  /** Every stored copy of a message (a retried send, a delayed delivery), oldest first. */
  async withUniqueKey(topic: string, key: string, routeTopic: string): Promise<StoredMessage[]> {
    const span = { beginTimestamp: 0, endTimestamp: Number.MAX_SAFE_INTEGER };
    const question = { topic, key, maxNum: uniqueMaximum, ...span, routeTopic, uniqueKey: true };
    const found = await this.query(question);
    return found.sort((left, right) => left.storeTimestamp - right.storeTimestamp);
  }

  /** Messages that carry the key, verified against their own keys, as a hash may collide. */
  async query(question: MessageQuestion, onMissing?: OnMissing): Promise<StoredMessage[]> {
    const { topic, key, uniqueKey } = question;
    const brokers = await this.#topics.brokersOn(question.routeTopic);
    const ask = (broker: string) => this.queryInBroker(broker, question);
    const found = await answersInOrder(brokers, ask, onMissing);
    const matching = found
      .flat()
      .filter((message) =>
        uniqueKey
          ? message.messageId === key
          : message.topic === topic &&
            (message.properties.get('KEYS') ?? '').split(' ').includes(key),
      );
    if (matching.length === 0) throw new Error('query message by key finished, but no message.');
    return matching;
  }

  /** What one broker's index has for the key, hash collisions included; empty for nothing. */
  async queryInBroker(
    broker: string,
    question: Omit<MessageQuestion, 'routeTopic'>,
  ): Promise<StoredMessage[]> {
    const { topic, key, maxNum, beginTimestamp, endTimestamp, uniqueKey } = question;
    const fields = { topic, key, maxNum, beginTimestamp, endTimestamp };
    const marked = uniqueKey ? { ...fields, _UNIQUE_KEY_QUERY: true } : fields;
    const request = createRequest(RequestCode.QUERY_MESSAGE, { extFields: marked });
    const answer = await this.#asker.request(broker, request, this.#asker.timeoutMs * slowFactor);
    if (answer.code === ResponseCode.QUERY_NOT_FOUND) return [];
    if (answer.code !== ResponseCode.SUCCESS) {
      throw new AnswerError(broker, answer.code, answer.remark);
    }
    return decodeRecords(answer.body);
  }

  async send(message: MessageToSend): Promise<SendAnswer> {
    const route = await this.#topics.routeForSending(message.topic);
    return sendTo(route, message, (broker, request) => this.#asker.request(broker, request));
  }

  pull(broker: string, question: PullQuestion): Promise<PullAnswer> {
    return pullFrom(broker, question, (request) => this.#asker.request(broker, request));
  }

  /** Entries of a consume queue as they are on disk (Java `queryConsumeQueue`). */
  async queueContents(broker: string, question: QueueQuestion): Promise<QueueContents> {
    const code = RequestCode.QUERY_CONSUME_QUEUE;
    return decodeQueueContents(
      (await this.#asker.ask(broker, code, { fields: { ...question } })).body,
    );
  }
}

/**
 * A master's tables as a slave asks for them: topics 21, offsets 43, delay levels 45, groups 201,
 * request modes 402 (Java BrokerOuterAPI). Serves masters of turbopump and of RocketMQ alike.
 *
 * Refuses, with an error that names the address: an answer that is not a table. Names in it are
 * checked here, since they become paths.
 */
import type { ConsumerOffset, DelayProgress } from '../../dataplane/data-plane.ts';
import { groupNameFault, topicNameFault } from '../../model/topic-name.ts';
import { decodeKvTable } from '../../remoting/bodies/kv-table.ts';
import type { RemotingClient } from '../../remoting/client.ts';
import { AnswerError } from '../../remoting/errors.ts';
import { createRequest } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { decodeGroupTable, type GroupTable } from '../groups/group-file.ts';
import { decodeOffsetTable, type StoredOffsets } from '../offsets/offset-file.ts';
import { decodeRequestModes, type RequestMode } from '../rebalance/request-modes.ts';
import { decodeDelayTable } from '../schedule/delay-offset-file.ts';
import { decodeTopicTable, type TopicTable } from '../topics/topic-file.ts';
import { answeredTag, knownTag, sameTag, type TableTag } from './table-tag.ts';

export interface Answered<T> {
  /** Null from a master that does not know tags. */
  readonly tag: TableTag | null;
  /** Null when the table is the one whose tag was sent. */
  readonly table: T | null;
}

export class MasterTables {
  readonly address: string;
  readonly #client: RemotingClient;

  constructor(client: RemotingClient, address: string) {
    this.#client = client;
    this.address = address;
  }

  topics(known: TableTag | null): Promise<Answered<TopicTable>> {
    return this.#table(RequestCode.GET_ALL_TOPIC_CONFIG, known, (text) => {
      const table = decodeTopicTable(text);
      const topics = table.topics.filter(({ topicName }) => topicNameFault(topicName) === null);
      return { ...table, topics };
    });
  }

  groups(known: TableTag | null): Promise<Answered<GroupTable>> {
    return this.#table(RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, known, (text) => {
      const table = decodeGroupTable(text);
      const groups = table.groups.filter(({ groupName }) => groupNameFault(groupName) === null);
      return { ...table, groups };
    });
  }

  offsets(known: TableTag | null): Promise<Answered<StoredOffsets>> {
    return this.#table(RequestCode.GET_ALL_CONSUMER_OFFSET, known, decodeOffsetTable);
  }

  /** Empty from a RocketMQ master on which nothing was ever delayed, which answers code 1. */
  async delays(): Promise<DelayProgress[]> {
    const answer = await this.#client.request(
      this.address,
      createRequest(RequestCode.GET_ALL_DELAY_OFFSET),
    );
    if (answer.code !== ResponseCode.SUCCESS) return [];
    const text = textOf(answer.body);
    return text === '' ? [] : decodeDelayTable(text);
  }

  /** How groups fetch; null from a master that does not know of it (RocketMQ 4). */
  async requestModes(): Promise<RequestMode[] | null> {
    const request = createRequest(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE);
    const answer = await this.#client.request(this.address, request);
    if (answer.code !== ResponseCode.SUCCESS || answer.body.length === 0) return null;
    const named = ({ topic, consumerGroup }: RequestMode): boolean =>
      topicNameFault(topic) === null && groupNameFault(consumerGroup) === null;
    return decodeRequestModes(textOf(answer.body)).filter(named);
  }

  /** When the master began to live, which tells one life of it from the next. */
  async boot(): Promise<string> {
    const request = createRequest(RequestCode.GET_BROKER_RUNTIME_INFO);
    const { body } = await this.#client.call(this.address, request);
    return decodeKvTable(body).get('bootTimestamp') ?? '';
  }

  /** Commits for a group, as a consumer does; the master takes no offset back for it. */
  async commit({ group, topic, queueId, offset }: ConsumerOffset): Promise<void> {
    const extFields = { consumerGroup: group, topic, queueId, commitOffset: offset };
    const request = createRequest(RequestCode.UPDATE_CONSUMER_OFFSET, { extFields });
    await this.#client.call(this.address, request);
  }

  async #table<T>(
    code: number,
    known: TableTag | null,
    decode: (text: string) => T,
  ): Promise<Answered<T>> {
    const request = createRequest(code, { extFields: knownTag(known) });
    const answer = await this.#client.call(this.address, request);
    const tag = answeredTag(answer);
    if (tag !== null && sameTag(known, tag)) return { tag, table: null };
    if (answer.body.length === 0) {
      throw new AnswerError(this.address, answer.code, `no table in the answer to ${code}`);
    }
    return { tag, table: decode(textOf(answer.body)) };
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

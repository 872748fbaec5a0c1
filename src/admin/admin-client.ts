/**
 * What an operator may ask of and tell a cluster (Java DefaultMQAdminExt), as typed calls.
 *
 * Invariants: every call ends within its timeout, with an answer or an error that names the
 * address it came from; a name server that does not answer is skipped for the next one.
 * Refuses: printing, retrying what may have taken effect, and keeping state between calls
 * other than connections.
 */
import { RemotingClient } from '../remoting/client.ts';
import { AnswerError } from '../remoting/errors.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
} from '../remoting/remoting-command.ts';
import { RequestCode } from '../remoting/request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type {
  ClusterInfo,
  ConsumerConnections,
  ConsumeStats,
  SendAnswer,
  TopicRoute,
  TopicSettings,
  TopicStats,
} from './answers.ts';
import {
  decodeClusterInfo,
  decodeConsumerConnections,
  decodeConsumeStats,
  decodeKeyValues,
  decodeNames,
  decodeRoute,
  decodeTopicStats,
} from './decode.ts';
import { decodeRecords, placeOf, type StoredMessage } from './message-record.ts';
import { type PullAnswer, type PullQuestion, pullFrom } from './pull.ts';
import { type MessageToSend, sendTo } from './send.ts';

/** Consume stats walk every queue of a group: three times the usual limit, as in Java. */
const slowFactor = 3;
const orderNamespace = 'ORDER_TOPIC_CONFIG';
const defaultTopic = 'TBW102';
/** Queues that a client asks for when its send makes a topic. */
const autoCreatedQueues = 4;

export interface AdminClientOptions {
  nameServers: string[];
  timeoutMs?: number;
}

export interface MessageQuestion {
  topic: string;
  key: string;
  maxNum: number;
  beginTimestamp: number;
  endTimestamp: number;
  /** Topic whose route says which brokers to ask; usually the topic itself. */
  routeTopic: string;
  /** Whether the key is a client's unique id rather than a business key. */
  uniqueKey: boolean;
}

export class AdminClient {
  readonly nameServers: readonly string[];
  readonly #client: RemotingClient;
  readonly #timeoutMs: number;

  constructor({ nameServers, timeoutMs = 5000 }: AdminClientOptions) {
    if (nameServers.length === 0) throw new Error('no name server address given');
    this.nameServers = nameServers;
    this.#timeoutMs = timeoutMs;
    this.#client = new RemotingClient({ requestTimeoutMs: timeoutMs });
  }

  async clusterInfo(): Promise<ClusterInfo> {
    const answer = await this.#askNameServer(RequestCode.GET_BROKER_CLUSTER_INFO);
    return decodeClusterInfo(answer.body);
  }

  async allTopics(): Promise<string[]> {
    const answer = await this.#askNameServer(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER);
    return decodeNames(answer.body, 'topicList');
  }

  async topicRoute(topic: string): Promise<TopicRoute> {
    const answer = await this.#askNameServer(RequestCode.GET_ROUTEINFO_BY_TOPIC, {
      topic,
      acceptStandardJsonOnly: true,
    });
    return decodeRoute(answer.body);
  }

  /** Addresses of the cluster's masters; an unknown cluster is an error that says so. */
  async mastersOf(cluster: string): Promise<string[]> {
    return (await this.#setsOf(cluster)).flatMap((set) => set.addresses.get(0) ?? []);
  }

  /** Addresses of the cluster's masters and slaves. */
  async brokersOf(cluster: string): Promise<string[]> {
    return (await this.#setsOf(cluster)).flatMap((set) => [...set.addresses.values()]);
  }

  async brokerNames(by: { cluster: string } | { address: string }): Promise<string[]> {
    if ('cluster' in by) return (await this.#setsOf(by.cluster)).map((set) => set.name);
    const { brokers } = await this.clusterInfo();
    const found = [...brokers.values()].find((set) =>
      [...set.addresses.values()].includes(by.address),
    );
    if (found === undefined) throw new Error(`no broker is registered with address ${by.address}`);
    return [found.name];
  }

  async #setsOf(cluster: string): Promise<{ name: string; addresses: Map<number, string> }[]> {
    const { brokers, clusters } = await this.clusterInfo();
    const names = clusters.get(cluster);
    if (names === undefined) {
      const known = [...clusters.keys()].join(', ') || 'none';
      throw new Error(`the name server knows no cluster '${cluster}' (known: ${known})`);
    }
    return [...names].sort().flatMap((name) => brokers.get(name) ?? []);
  }

  async runtimeStats(broker: string): Promise<Map<string, string>> {
    const answer = await this.#ask(broker, RequestCode.GET_BROKER_RUNTIME_INFO);
    return decodeKeyValues(answer.body);
  }

  async updateTopic(broker: string, settings: TopicSettings): Promise<void> {
    const attributes = [...settings.attributes].map(([key, value]) =>
      value === '' ? key : `${key}=${value}`,
    );
    await this.#ask(broker, RequestCode.UPDATE_AND_CREATE_TOPIC, {
      topic: settings.topicName,
      defaultTopic,
      readQueueNums: settings.readQueueNums,
      writeQueueNums: settings.writeQueueNums,
      perm: settings.perm,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: settings.topicSysFlag,
      order: settings.order,
      attributes: attributes.length === 0 ? null : attributes.join(','),
    });
  }

  /** Sets the order configuration of a topic: the whole text, or one broker's part of it. */
  async updateOrderConfig(topic: string, orderConf: string, whole: boolean): Promise<void> {
    const kept = whole ? '' : await this.#orderConfig(topic);
    const merged = new Map(
      [...kept.split(';'), ...orderConf.split(';')]
        .filter((part) => part !== '')
        .map((part) => [part.split(':')[0] ?? part, part]),
    );
    const value = [...merged.values()].join(';');
    const fields = { namespace: orderNamespace, key: topic, value };
    await this.#tellNameServers(RequestCode.PUT_KV_CONFIG, fields);
  }

  async #orderConfig(topic: string): Promise<string> {
    try {
      const fields = { namespace: orderNamespace, key: topic };
      const answer = await this.#askNameServer(RequestCode.GET_KV_CONFIG, fields);
      return answer.extFields.get('value') ?? '';
    } catch (error) {
      if (error instanceof AnswerError && error.code === ResponseCode.QUERY_NOT_FOUND) return '';
      throw error;
    }
  }

  async deleteTopicInBroker(broker: string, topic: string): Promise<void> {
    await this.#ask(broker, RequestCode.DELETE_TOPIC_IN_BROKER, { topic });
  }

  async deleteTopicInNameServers(topic: string, clusterName: string): Promise<void> {
    await this.#tellNameServers(RequestCode.DELETE_TOPIC_IN_NAMESRV, { topic, clusterName });
  }

  /** Stats of every queue of the topic, from the brokers on the route of `routeTopic`. */
  async topicStats(topic: string, routeTopic: string = topic): Promise<TopicStats> {
    const parts: TopicStats[] = [];
    for (const broker of await this.#routedBrokers(routeTopic)) {
      const answer = await this.#ask(broker, RequestCode.GET_TOPIC_STATS_INFO, { topic });
      parts.push(decodeTopicStats(answer.body));
    }
    const queues = parts.flatMap((part) => part.queues);
    if (queues.length === 0) throw new Error('Not found the topic stats info');
    return { queues, putTps: parts.reduce((sum, part) => sum + part.putTps, 0) };
  }

  async groupsOfTopic(topic: string): Promise<string[]> {
    const [broker] = await this.#routedBrokers(topic);
    if (broker === undefined) return [];
    const answer = await this.#ask(broker, RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, { topic });
    return decodeNames(answer.body, 'groupList');
  }

  /** Progress of a group on one topic or on all, summed over the brokers of its retry topic. */
  async consumeStats(consumerGroup: string, topic: string | null): Promise<ConsumeStats> {
    const total: ConsumeStats = { queues: [], consumeTps: 0 };
    for (const broker of await this.#routedBrokers(`%RETRY%${consumerGroup}`)) {
      const fields = { consumerGroup, topic };
      const limitMs = this.#timeoutMs * slowFactor;
      const answer = await this.#ask(broker, RequestCode.GET_CONSUME_STATS, fields, limitMs);
      const part = decodeConsumeStats(answer.body);
      total.queues.push(...part.queues);
      total.consumeTps += part.consumeTps;
    }
    return total;
  }

  /** The group's live members; an error with CONSUMER_NOT_ONLINE when there are none. */
  async consumerConnections(consumerGroup: string): Promise<ConsumerConnections> {
    const [broker] = await this.#routedBrokers(`%RETRY%${consumerGroup}`);
    if (broker === undefined) throw new Error(`no broker serves group ${consumerGroup}`);
    const code = RequestCode.GET_CONSUMER_CONNECTION_LIST;
    const answer = await this.#ask(broker, code, { consumerGroup });
    return decodeConsumerConnections(answer.body);
  }

  /** One message by the place its offset message id names, or by its unique id. */
  async findMessage(topic: string, messageId: string, routeTopic: string): Promise<StoredMessage> {
    const place = placeOf(messageId);
    if (place !== null && (await this.#isBroker(place.address))) {
      return this.viewMessage(place.address, place.physicalOffset);
    }
    const question = { topic, key: messageId, maxNum: 32, beginTimestamp: 0 };
    const span = { endTimestamp: Number.MAX_SAFE_INTEGER, routeTopic, uniqueKey: true };
    const [found] = await this.queryMessages({ ...question, ...span });
    if (found === undefined) throw new Error(`no message with id ${messageId} in ${topic}`);
    return found;
  }

  // A unique id has the shape of an offset id; dialling an address that no broker has would
  // only cost the connect timeout.
  async #isBroker(address: string): Promise<boolean> {
    const { brokers } = await this.clusterInfo();
    return [...brokers.values()].some((set) => [...set.addresses.values()].includes(address));
  }

  async viewMessage(broker: string, offset: number): Promise<StoredMessage> {
    const answer = await this.#ask(broker, RequestCode.VIEW_MESSAGE_BY_ID, { offset });
    const [message] = decodeRecords(answer.body);
    if (message === undefined) throw new Error(`${broker} answered without a message`);
    return message;
  }

  /** Messages that carry the key, verified against their own keys, as a hash may collide. */
  async queryMessages(question: MessageQuestion): Promise<StoredMessage[]> {
    const { topic, key, maxNum, beginTimestamp, endTimestamp, uniqueKey } = question;
    const fields = { topic, key, maxNum, beginTimestamp, endTimestamp };
    const marked = uniqueKey ? { ...fields, _UNIQUE_KEY_QUERY: true } : fields;
    const found: StoredMessage[] = [];
    for (const broker of await this.#routedBrokers(question.routeTopic)) {
      const limitMs = this.#timeoutMs * slowFactor;
      const request = createRequest(RequestCode.QUERY_MESSAGE, { extFields: marked });
      const answer = await this.#client.request(broker, request, limitMs);
      if (answer.code === ResponseCode.QUERY_NOT_FOUND) continue;
      if (answer.code !== ResponseCode.SUCCESS) {
        throw new AnswerError(broker, answer.code, answer.remark);
      }
      found.push(...decodeRecords(answer.body));
    }
    const matching = found.filter((message) =>
      uniqueKey
        ? message.messageId === key
        : message.topic === topic &&
          (message.properties.get('KEYS') ?? '').split(' ').includes(key),
    );
    if (matching.length === 0) throw new Error('query message by key finished, but no message.');
    return matching;
  }

  async sendMessage(message: MessageToSend): Promise<SendAnswer> {
    const route = await this.#routeForSending(message.topic);
    return sendTo(route, message, (broker, request) => this.#client.request(broker, request));
  }

  // A topic that does not exist yet is made by its first send: on the brokers that let clients
  // do so, which are those on the route of TBW102 (Java MQClientInstance).
  async #routeForSending(topic: string): Promise<TopicRoute> {
    try {
      return await this.topicRoute(topic);
    } catch (error) {
      if (!(error instanceof AnswerError) || error.code !== ResponseCode.TOPIC_NOT_EXIST) {
        throw error;
      }
      const route = await this.topicRoute(defaultTopic);
      const queues = route.queues.map((each) => ({
        ...each,
        writeQueueNums: Math.min(autoCreatedQueues, each.writeQueueNums),
      }));
      return { ...route, queues };
    }
  }

  async queueOffset(
    which: 'min' | 'max',
    broker: string,
    queue: { topic: string; queueId: number },
  ): Promise<number> {
    const code = which === 'min' ? RequestCode.GET_MIN_OFFSET : RequestCode.GET_MAX_OFFSET;
    const fields = { topic: queue.topic, queueId: queue.queueId };
    return offsetOf(broker, await this.#ask(broker, code, fields));
  }

  async searchOffset(
    broker: string,
    topic: string,
    queueId: number,
    timestamp: number,
  ): Promise<number> {
    const fields = { topic, queueId, timestamp };
    return offsetOf(
      broker,
      await this.#ask(broker, RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, fields),
    );
  }

  pull(broker: string, question: PullQuestion): Promise<PullAnswer> {
    return pullFrom(broker, question, (request) => this.#client.request(broker, request));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #routedBrokers(topic: string): Promise<string[]> {
    const { brokers } = await this.topicRoute(topic);
    return brokers.flatMap(({ addresses }) => addresses.get(0) ?? [...addresses.values()][0] ?? []);
  }

  #ask(
    broker: string,
    code: number,
    extFields: ExtValues = {},
    timeoutMs = this.#timeoutMs,
  ): Promise<RemotingCommand> {
    return this.#client.call(broker, createRequest(code, { extFields }), timeoutMs);
  }

  /** The first name server that answers; an answer with an error code is an answer. */
  async #askNameServer(code: number, extFields: ExtValues = {}): Promise<RemotingCommand> {
    const failures: string[] = [];
    for (const nameServer of this.nameServers) {
      try {
        return await this.#ask(nameServer, code, extFields);
      } catch (error) {
        if (error instanceof AnswerError) throw error;
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new Error(`no name server answered: ${failures.join('; ')}`);
  }

  async #tellNameServers(code: number, extFields: ExtValues): Promise<void> {
    for (const nameServer of this.nameServers) await this.#ask(nameServer, code, extFields);
  }
}

function offsetOf(broker: string, answer: RemotingCommand): number {
  const offset = Number(answer.extFields.get('offset'));
  if (!Number.isSafeInteger(offset)) throw new Error(`${broker} answered without an offset`);
  return offset;
}

/** Topics: their routes, settings, order configuration and queue ranges. */
import type { DataVersion } from '../model/data-version.ts';
import { AnswerError } from '../remoting/errors.ts';
import { stringifyJson } from '../remoting/fastjson.ts';
import { RequestCode } from '../remoting/request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { TopicRoute, TopicSettings, TopicStats } from './answers.ts';
import type { Asker } from './asker.ts';
import { decodeNames, decodeRoute, decodeTopicStats } from './decode.ts';
import { decodeTableVersion, decodeTopicConfigs, topicConfigJson } from './decode-settings.ts';
import { answersInOrder, type OnMissing } from './in-order.ts';

const orderNamespace = 'ORDER_TOPIC_CONFIG';
const defaultTopic = 'TBW102';
const specialPrefixes = ['%RETRY%', '%DLQ%'];

export class TopicAdmin {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** Every topic a name server knows, system, retry and dead-letter topics included. */
  async all(): Promise<string[]> {
    const code = RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER;
    return decodeNames((await this.#asker.askNameServer(code)).body, 'topicList');
  }

  async route(topic: string): Promise<TopicRoute> {
    const answer = await this.#asker.askNameServer(RequestCode.GET_ROUTEINFO_BY_TOPIC, {
      topic,
      acceptStandardJsonOnly: true,
    });
    return decodeRoute(answer.body);
  }

  /** One address of every broker set on the topic's route: the master, or a slave without one. */
  async brokersOn(topic: string): Promise<string[]> {
    const { brokers } = await this.route(topic);
    return brokers.flatMap(({ addresses }) => addresses.get(0) ?? [...addresses.values()][0] ?? []);
  }

  async update(broker: string, settings: TopicSettings): Promise<void> {
    const attributes = [...settings.attributes].map(([key, value]) =>
      value === '' ? key : `${key}=${value}`,
    );
    const fields = {
      topic: settings.topicName,
      defaultTopic,
      readQueueNums: settings.readQueueNums,
      writeQueueNums: settings.writeQueueNums,
      perm: settings.perm,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: settings.topicSysFlag,
      order: settings.order,
      attributes: attributes.length === 0 ? null : attributes.join(','),
    };
    await this.#asker.ask(broker, RequestCode.UPDATE_AND_CREATE_TOPIC, { fields });
  }

  /** Creates or changes many topics in one request. */
  async updateMany(broker: string, topics: readonly TopicSettings[]): Promise<void> {
    const body = stringifyJson({ topicConfigList: topics.map(topicConfigJson) });
    const code = RequestCode.UPDATE_AND_CREATE_TOPIC_LIST;
    await this.#asker.ask(broker, code, { body, timeoutMs: this.#asker.timeoutMs * 3 });
  }

  /** Names of every topic that the broker has, system, retry and dead-letter topics included. */
  async namesInBroker(broker: string): Promise<Set<string>> {
    const code = RequestCode.GET_ALL_TOPIC_CONFIG;
    const answer = await this.#asker.ask(broker, code, { timeoutMs: 10_000 });
    return new Set(decodeTopicConfigs(answer.body).keys());
  }

  /** Settings of the broker's topics that users made; `special` adds retry and dead letters. */
  async userTopics(broker: string, special: boolean): Promise<Map<string, TopicSettings>> {
    return (await this.userTopicTable(broker, special)).topics;
  }

  /** The same with the version of the broker's topic table. */
  async userTopicTable(
    broker: string,
    special: boolean,
  ): Promise<{ dataVersion: DataVersion; topics: Map<string, TopicSettings> }> {
    const [all, system] = await Promise.all([
      this.#asker.ask(broker, RequestCode.GET_ALL_TOPIC_CONFIG, { timeoutMs: 10_000 }),
      this.#asker.ask(broker, RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER),
    ]);
    const systemTopics = new Set(decodeNames(system.body, 'topicList'));
    const topics = decodeTopicConfigs(all.body);
    for (const topic of topics.keys()) {
      const isSpecial = specialPrefixes.some((prefix) => topic.startsWith(prefix));
      const isSystem = systemTopics.has(topic) || topic.startsWith('rmq_sys_');
      if (isSystem || (isSpecial && !special)) topics.delete(topic);
    }
    return { dataVersion: decodeTableVersion(all.body), topics };
  }

  /** Sets the order configuration of a topic: the whole text, or one broker's part of it. */
  async updateOrderConfig(topic: string, orderConf: string, whole: boolean): Promise<void> {
    const kept = whole ? '' : ((await this.orderConfig(topic)) ?? '');
    const merged = new Map(
      [...kept.split(';'), ...orderConf.split(';')]
        .filter((part) => part !== '')
        .map((part) => [part.split(':')[0] ?? part, part]),
    );
    const value = [...merged.values()].join(';');
    const fields = { namespace: orderNamespace, key: topic, value };
    await this.#asker.tellNameServers(RequestCode.PUT_KV_CONFIG, { fields });
  }

  /** `broker:queues;broker:queues`, null when the topic has none. */
  async orderConfig(topic: string): Promise<string | null> {
    try {
      const fields = { namespace: orderNamespace, key: topic };
      const answer = await this.#asker.askNameServer(RequestCode.GET_KV_CONFIG, fields);
      return answer.extFields.get('value') ?? null;
    } catch (error) {
      if (error instanceof AnswerError && error.code === ResponseCode.QUERY_NOT_FOUND) return null;
      throw error;
    }
  }

  async deleteOrderConfig(topic: string): Promise<void> {
    const fields = { namespace: orderNamespace, key: topic };
    await this.#asker.tellNameServers(RequestCode.DELETE_KV_CONFIG, { fields });
  }

  async deleteInBroker(broker: string, topic: string): Promise<void> {
    await this.#asker.ask(broker, RequestCode.DELETE_TOPIC_IN_BROKER, { fields: { topic } });
  }

  async deleteInNameServers(topic: string, clusterName: string): Promise<void> {
    const fields = { topic, clusterName };
    await this.#asker.tellNameServers(RequestCode.DELETE_TOPIC_IN_NAMESRV, { fields });
  }

  /** Stats of every queue of the topic, from the brokers on the route of `routeTopic`. */
  async stats(
    topic: string,
    routeTopic: string = topic,
    onMissing?: OnMissing,
  ): Promise<TopicStats> {
    const brokers = await this.brokersOn(routeTopic);
    const ask = (broker: string) => this.statsInBroker(broker, topic);
    const parts = await answersInOrder(brokers, ask, onMissing);
    const queues = parts.flatMap((part) => part.queues);
    if (queues.length === 0) throw new Error('Not found the topic stats info');
    return { queues, putTps: parts.reduce((sum, part) => sum + part.putTps, 0) };
  }

  async statsInBroker(broker: string, topic: string): Promise<TopicStats> {
    const fields = { topic };
    const answer = await this.#asker.ask(broker, RequestCode.GET_TOPIC_STATS_INFO, { fields });
    return decodeTopicStats(answer.body);
  }

  /** Groups that consume the topic, as the first broker of its route knows them. */
  async groupsOf(topic: string): Promise<string[]> {
    const [broker] = await this.brokersOn(topic);
    return broker === undefined ? [] : this.groupsInBroker(broker, topic);
  }

  async groupsInBroker(broker: string, topic: string): Promise<string[]> {
    const fields = { topic };
    const code = RequestCode.QUERY_TOPIC_CONSUME_BY_WHO;
    return decodeNames((await this.#asker.ask(broker, code, { fields })).body, 'groupList');
  }

  /** The route a client uses to send: a topic that does not exist yet is made by its first send. */
  async routeForSending(topic: string): Promise<TopicRoute> {
    try {
      return await this.route(topic);
    } catch (error) {
      if (!(error instanceof AnswerError) || error.code !== ResponseCode.TOPIC_NOT_EXIST) {
        throw error;
      }
      // On the brokers that let clients make topics, those on the route of TBW102, with the
      // queues a client asks for (Java MQClientInstance).
      const route = await this.route(defaultTopic);
      const queues = route.queues.map((each) => ({
        ...each,
        writeQueueNums: Math.min(4, each.writeQueueNums),
      }));
      return { ...route, queues };
    }
  }
}

/**
 * A topic's route (Java `TopicRouteData`). Requests from V4_9_4 on, and those that ask for it,
 * get standard JSON; older clients need the broker ids unquoted.
 */
import type { QueueData, TopicRoute } from '../../model/route.ts';
import {
  arrayMember,
  asObject,
  integerMember,
  type JsonObject,
  type JsonWritable,
  objectMember,
  parseJson,
  stringifyJson,
  textMember,
} from '../fastjson.ts';
import { brokerDataJson, readBrokerData } from './broker-data.ts';

/** Mappings of static topics by broker name, carried through unread. */
export type QueueMappings = ReadonlyMap<string, JsonObject>;

export function encodeTopicRoute(
  route: TopicRoute,
  mappings: QueueMappings | null,
  standard: boolean,
): string {
  const body: JsonWritable = {
    brokerDatas: route.brokerDatas.map(brokerDataJson),
    filterServerTable: route.filterServerTable,
    orderTopicConf: route.orderTopicConf,
    queueDatas: route.queueDatas.map((queue) => ({ ...queue })),
    topicQueueMappingByBroker: mappings,
  };
  return stringifyJson(body, { standard });
}

export function decodeTopicRoute(bytes: Uint8Array): TopicRoute {
  const body = asObject(parseJson(bytes), 'topic route');
  const brokers = arrayMember(body, 'brokerDatas') ?? [];
  const filterServers = new Map<string, string[]>();
  const table = objectMember(body, 'filterServerTable') ?? new Map();
  for (const address of table.keys()) {
    filterServers.set(String(address), (arrayMember(table, String(address)) ?? []).map(String));
  }
  return {
    orderTopicConf: textMember(body, 'orderTopicConf'),
    queueDatas: readQueueDatas(body),
    brokerDatas: brokers.map((broker) => readBrokerData(asObject(broker, 'a broker set'))),
    filterServerTable: filterServers,
  };
}

export function readQueueDatas(body: JsonObject): QueueData[] {
  return (arrayMember(body, 'queueDatas') ?? []).map((value) => {
    const queue = asObject(value, 'queue data');
    return {
      brokerName: textMember(queue, 'brokerName') ?? '',
      readQueueNums: integerMember(queue, 'readQueueNums') ?? 0,
      writeQueueNums: integerMember(queue, 'writeQueueNums') ?? 0,
      perm: integerMember(queue, 'perm') ?? 0,
      topicSysFlag: integerMember(queue, 'topicSysFlag') ?? 0,
    };
  });
}

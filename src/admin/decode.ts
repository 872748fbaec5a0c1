/** JSON bodies of admin answers as plain values. */
import {
  arrayMember,
  asArray,
  asObject,
  integerMember,
  type JsonKey,
  type JsonObject,
  type JsonValue,
  objectMember,
  parseJson,
  textMember,
} from '../remoting/fastjson.ts';
import type {
  BrokerSet,
  ClusterInfo,
  ConsumeStats,
  MessageQueue,
  PlainJson,
  QueueProgress,
  TopicRoute,
  TopicStats,
} from './answers.ts';

export function decodeClusterInfo(body: Uint8Array): ClusterInfo {
  const answer = asObject(parseJson(body), 'cluster info');
  const brokers = new Map<string, BrokerSet>();
  for (const value of (objectMember(answer, 'brokerAddrTable') ?? new Map()).values()) {
    const broker = brokerSet(value);
    brokers.set(broker.name, broker);
  }
  const clusters = new Map<string, string[]>();
  for (const [name, members] of objectMember(answer, 'clusterAddrTable') ?? new Map()) {
    clusters.set(String(name), asArray(members, 'cluster members').map(String));
  }
  return { brokers, clusters };
}

function brokerSet(value: JsonValue): BrokerSet {
  const broker = asObject(value, 'broker');
  const addresses = new Map<number, string>();
  for (const [id, address] of objectMember(broker, 'brokerAddrs') ?? new Map()) {
    addresses.set(Number(id), String(address));
  }
  return {
    cluster: textMember(broker, 'cluster') ?? '',
    name: textMember(broker, 'brokerName') ?? '',
    addresses: new Map([...addresses].sort(([a], [b]) => a - b)),
  };
}

export function decodeRoute(body: Uint8Array): TopicRoute {
  const answer = asObject(parseJson(body), 'route');
  return {
    brokers: (arrayMember(answer, 'brokerDatas') ?? []).map(brokerSet),
    queues: (arrayMember(answer, 'queueDatas') ?? []).map((value) => {
      const queues = asObject(value, 'queue data');
      return {
        brokerName: textMember(queues, 'brokerName') ?? '',
        perm: integerMember(queues, 'perm') ?? 0,
        readQueueNums: integerMember(queues, 'readQueueNums') ?? 0,
        writeQueueNums: integerMember(queues, 'writeQueueNums') ?? 0,
        topicSysFlag: integerMember(queues, 'topicSysFlag') ?? 0,
      };
    }),
    raw: plain(answer),
  };
}

/** Parsed JSON as objects and arrays, for printing whole. */
export function plain(value: JsonValue): PlainJson {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, member]) => [String(key), plain(member)]));
  }
  return value;
}

export function decodeTopicStats(body: Uint8Array): TopicStats {
  const answer = asObject(parseJson(body), 'topic stats');
  const queues = [...(objectMember(answer, 'offsetTable') ?? new Map())].map(([key, value]) => {
    const offsets = asObject(value, 'topic offset');
    return {
      ...messageQueue(key),
      minOffset: integerMember(offsets, 'minOffset') ?? 0,
      maxOffset: integerMember(offsets, 'maxOffset') ?? 0,
      lastUpdateTimestamp: integerMember(offsets, 'lastUpdateTimestamp') ?? 0,
    };
  });
  return { queues, putTps: numberMember(answer, 'topicPutTps') };
}

export function decodeConsumeStats(body: Uint8Array): ConsumeStats {
  return consumeStatsOf(asObject(parseJson(body), 'consume stats'));
}

export function consumeStatsOf(answer: JsonObject): ConsumeStats {
  const queues: QueueProgress[] = [...(objectMember(answer, 'offsetTable') ?? new Map())].map(
    ([key, value]) => {
      const offsets = asObject(value, 'consume offset');
      return {
        ...messageQueue(key),
        brokerOffset: integerMember(offsets, 'brokerOffset') ?? 0,
        consumerOffset: integerMember(offsets, 'consumerOffset') ?? 0,
        pullOffset: integerMember(offsets, 'pullOffset') ?? 0,
        lastTimestamp: integerMember(offsets, 'lastTimestamp') ?? 0,
      };
    },
  );
  return { queues, consumeTps: numberMember(answer, 'consumeTps') };
}

export function messageQueue(key: JsonKey): MessageQueue {
  // The key is an object in RocketMQ's own form, or the object's text where a peer quoted it.
  const queue = asObject(typeof key === 'string' ? parseJson(key) : key, 'message queue');
  return {
    topic: textMember(queue, 'topic') ?? '',
    brokerName: textMember(queue, 'brokerName') ?? '',
    queueId: integerMember(queue, 'queueId') ?? 0,
  };
}

/** A number that may have a fraction; 0 when absent. */
export function numberMember(object: JsonObject, name: string): number {
  const value = object.get(name);
  return typeof value === 'number' ? value : 0;
}

/** The `table` of a KVTable. */
export function decodeKeyValues(body: Uint8Array): Map<string, string> {
  const table = objectMember(asObject(parseJson(body), 'key-values'), 'table') ?? new Map();
  return new Map([...table].map(([key, value]) => [String(key), String(value)]));
}

/** A list of texts in the named member. */
export function decodeNames(body: Uint8Array, member: string): string[] {
  const answer = asObject(parseJson(body), member);
  return (arrayMember(answer, member) ?? []).map(String);
}

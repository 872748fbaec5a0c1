/** JSON bodies about clients as plain values. */
import {
  arrayMember,
  asArray,
  asObject,
  booleanMember,
  integerMember,
  type JsonObject,
  objectMember,
  parseJson,
  textMapMember,
  textMember,
} from '../remoting/fastjson.ts';
import type {
  ClientConnection,
  ConsumerConnections,
  ConsumerRunningInfo,
  DirectConsumption,
  PlainJson,
  ProducerInstance,
} from './answers.ts';
import { messageQueue, plain } from './decode.ts';

/** The `connectionSet` of a ConsumerConnection or ProducerConnection. */
export function decodeConnections(body: Uint8Array): ClientConnection[] {
  return connectionsOf(asObject(parseJson(body), 'connections'));
}

function connectionsOf(answer: JsonObject): ClientConnection[] {
  return (arrayMember(answer, 'connectionSet') ?? []).map((value) => {
    const connection = asObject(value, 'connection');
    return {
      clientId: textMember(connection, 'clientId') ?? '',
      address: textMember(connection, 'clientAddr') ?? '',
      language: textMember(connection, 'language') ?? '',
      version: integerMember(connection, 'version') ?? 0,
    };
  });
}

export function decodeConsumerConnections(body: Uint8Array): ConsumerConnections {
  const answer = asObject(parseJson(body), 'consumer connections');
  const table = objectMember(answer, 'subscriptionTable') ?? new Map();
  return {
    connections: connectionsOf(answer),
    subscriptions: [...table.values()].map((value) => {
      const subscription = asObject(value, 'subscription');
      return {
        topic: textMember(subscription, 'topic') ?? '',
        expression: textMember(subscription, 'subString') ?? '',
      };
    }),
    consumeType: textMember(answer, 'consumeType') ?? '',
    messageModel: textMember(answer, 'messageModel') ?? '',
    consumeFromWhere: textMember(answer, 'consumeFromWhere') ?? '',
  };
}

/** The `data` of a ProducerTableInfo. */
export function decodeProducerTable(body: Uint8Array): Map<string, ProducerInstance[]> {
  const table = objectMember(asObject(parseJson(body), 'producers'), 'data') ?? new Map();
  return new Map(
    [...table].map(([group, list]) => [
      String(group),
      asArray(list, 'producers of a group').map((value) => {
        const producer = asObject(value, 'producer');
        return {
          clientId: textMember(producer, 'clientId') ?? '',
          remoteIp: textMember(producer, 'remoteIP') ?? '',
          language: textMember(producer, 'language') ?? '',
          version: integerMember(producer, 'version') ?? 0,
          lastUpdateTimestamp: integerMember(producer, 'lastUpdateTimestamp') ?? 0,
        };
      }),
    ]),
  );
}

export function decodeRunningInfo(body: Uint8Array): ConsumerRunningInfo {
  const answer = asObject(parseJson(body), 'running info');
  const subscriptions = (arrayMember(answer, 'subscriptionSet') ?? []).map((value) => {
    const subscription = asObject(value, 'subscription');
    return {
      topic: textMember(subscription, 'topic') ?? '',
      expression: textMember(subscription, 'subString') ?? '',
      classFilterMode: booleanMember(subscription, 'classFilterMode') ?? false,
    };
  });
  return {
    properties: textMapMember(answer, 'properties') ?? new Map(),
    subscriptions,
    queues: queuesOf(answer, 'mqTable'),
    popQueues: queuesOf(answer, 'mqPopTable'),
    rates: [...(objectMember(answer, 'statusTable') ?? new Map())].map(([topic, values]) => ({
      topic: String(topic),
      values: objectOf(values, 'rates'),
    })),
    userInfo: textMapMember(answer, 'userConsumerInfo') ?? new Map(),
    jstack: textMember(answer, 'jstack'),
  };
}

function queuesOf(answer: JsonObject, member: string): ConsumerRunningInfo['queues'] {
  return [...(objectMember(answer, member) ?? [])].map(([key, value]) => ({
    ...messageQueue(key),
    state: objectOf(value, member),
  }));
}

function objectOf(
  value: Parameters<typeof plain>[0],
  what: string,
): { readonly [name: string]: PlainJson } {
  return Object.fromEntries(
    [...asObject(value, what)].map(([name, member]) => [String(name), plain(member)]),
  );
}

/** Java ConsumeMessageDirectlyResult. */
export function decodeDirectConsumption(body: Uint8Array): DirectConsumption {
  const answer = asObject(parseJson(body), 'result of consuming');
  return {
    order: booleanMember(answer, 'order') ?? false,
    autoCommit: booleanMember(answer, 'autoCommit') ?? true,
    consumeResult: textMember(answer, 'consumeResult') ?? 'null',
    remark: textMember(answer, 'remark'),
    spentMs: integerMember(answer, 'spentTimeMills') ?? 0,
  };
}

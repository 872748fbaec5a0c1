/** Topic and group settings (Java TopicConfig, SubscriptionGroupConfig) from and to JSON. */
import type { DataVersion } from '../model/data-version.ts';
import { subscriptionGroup } from '../model/subscription-group.ts';
import { readDataVersion } from '../remoting/bodies/data-version.ts';
import {
  asArray,
  asObject,
  booleanMember,
  integerMember,
  JsonError,
  type JsonObject,
  type JsonValue,
  objectMember,
  parseJson,
  textMapMember,
  textMember,
} from '../remoting/fastjson.ts';
import type { GroupSettings, TopicSettings } from './answers.ts';
import { plain } from './decode.ts';

export function topicConfigJson(topic: TopicSettings) {
  return {
    attributes: topic.attributes,
    order: topic.order,
    perm: topic.perm,
    readQueueNums: topic.readQueueNums,
    topicFilterType: 'SINGLE_TAG',
    topicName: topic.topicName,
    topicSysFlag: topic.topicSysFlag,
    writeQueueNums: topic.writeQueueNums,
  };
}

function topicFrom(json: JsonObject): TopicSettings {
  return {
    topicName: requiredName(json, 'topicName'),
    readQueueNums: integerMember(json, 'readQueueNums') ?? 16,
    writeQueueNums: integerMember(json, 'writeQueueNums') ?? 16,
    perm: integerMember(json, 'perm') ?? 6,
    topicSysFlag: integerMember(json, 'topicSysFlag') ?? 0,
    order: booleanMember(json, 'order') ?? false,
    attributes: textMapMember(json, 'attributes') ?? new Map(),
  };
}

export function groupConfigJson(group: GroupSettings) {
  return { ...group, attributes: group.attributes };
}

function groupFrom(json: JsonObject): GroupSettings {
  const defaults = subscriptionGroup(requiredName(json, 'groupName'));
  const flag = (name: keyof typeof defaults & string, fallback: boolean): boolean =>
    booleanMember(json, name) ?? fallback;
  const count = (name: keyof typeof defaults & string, fallback: number): number =>
    integerMember(json, name) ?? fallback;
  const policy = json.get('groupRetryPolicy');
  return {
    groupName: defaults.groupName,
    consumeEnable: flag('consumeEnable', defaults.consumeEnable),
    consumeFromMinEnable: flag('consumeFromMinEnable', defaults.consumeFromMinEnable),
    consumeBroadcastEnable: flag('consumeBroadcastEnable', defaults.consumeBroadcastEnable),
    consumeMessageOrderly: flag('consumeMessageOrderly', defaults.consumeMessageOrderly),
    retryQueueNums: count('retryQueueNums', defaults.retryQueueNums),
    retryMaxTimes: count('retryMaxTimes', defaults.retryMaxTimes),
    groupRetryPolicy: policy === undefined ? null : plain(policy),
    brokerId: count('brokerId', defaults.brokerId),
    whichBrokerWhenConsumeSlowly: count(
      'whichBrokerWhenConsumeSlowly',
      defaults.whichBrokerWhenConsumeSlowly,
    ),
    notifyConsumerIdsChangedEnable: flag(
      'notifyConsumerIdsChangedEnable',
      defaults.notifyConsumerIdsChangedEnable,
    ),
    groupSysFlag: count('groupSysFlag', defaults.groupSysFlag),
    consumeTimeoutMinute: count('consumeTimeoutMinute', defaults.consumeTimeoutMinute),
    attributes: textMapMember(json, 'attributes') ?? defaults.attributes,
  };
}

function requiredName(json: JsonObject, member: string): string {
  const name = textMember(json, member);
  if (name === null || name === '') throw new JsonError(`an entry has no ${member}`);
  return name;
}

/** The `topicConfigTable` of a TopicConfigSerializeWrapper. */
export function decodeTopicConfigs(body: Uint8Array): Map<string, TopicSettings> {
  return tableOf(body, 'topicConfigTable', topicFrom);
}

/** The `subscriptionGroupTable` of a SubscriptionGroupWrapper. */
export function decodeGroupConfigs(body: Uint8Array): Map<string, GroupSettings> {
  return tableOf(body, 'subscriptionGroupTable', groupFrom);
}

/** The `dataVersion` of either wrapper. */
export function decodeTableVersion(body: Uint8Array): DataVersion {
  return readDataVersion(objectMember(asObject(parseJson(body), 'table'), 'dataVersion'));
}

function tableOf<T>(
  body: Uint8Array,
  member: string,
  from: (json: JsonObject) => T,
): Map<string, T> {
  const table = objectMember(asObject(parseJson(body), member), member) ?? new Map();
  return new Map([...table].map(([key, value]) => [String(key), from(asObject(value, member))]));
}

/** Topics of a file: a JSON list of Java's TopicConfig. */
export function parseTopicList(text: string): TopicSettings[] {
  return listOf(text).map(topicFrom);
}

/** Groups of a file: a JSON list of Java's SubscriptionGroupConfig. */
export function parseGroupList(text: string): GroupSettings[] {
  return listOf(text).map(groupFrom);
}

function listOf(text: string): JsonObject[] {
  const value: JsonValue = parseJson(Buffer.from(text, 'utf8'));
  return asArray(value, 'the file').map((each) => asObject(each, 'an entry of the file'));
}

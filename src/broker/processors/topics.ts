/**
 * Topics as administrators handle them: create and change 17 and 18, delete 215, settings of one
 * 351 and of all 21, system topics 305, queue bounds 202 (Java AdminBrokerProcessor).
 */
import type { TopicConfig } from '../../model/topic-config.ts';
import { topicConfig } from '../../model/topic-config.ts';
import { topicNameFault } from '../../model/topic-name.ts';
import { readTopicConfig, topicConfigJson } from '../../remoting/bodies/topic-config.ts';
import { Refusal } from '../../remoting/errors.ts';
import { arrayMember, asObject, parseJson, stringifyJson } from '../../remoting/fastjson.ts';
import {
  optionalBoolean,
  optionalInteger,
  optionalText,
  requiredInteger,
  requiredText,
} from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { taggedReply } from '../ha/table-tag.ts';
import { AttributeError, parseAttributeChanges } from '../topics/topic-attributes.ts';
import { topicTableJson } from '../topics/topic-file.ts';
import { onMasterOnly } from './on-master-only.ts';
import { type BrokerParts, type Family, tableTag } from './parts.ts';

const QUEUES_MAX = 65_535;
const PERM_MAX = 7;

interface TopicUpdate {
  topic: TopicConfig;
  changes: ReadonlyMap<string, string>;
}

export const topicFamily: Family = (parts) => [
  [RequestCode.UPDATE_AND_CREATE_TOPIC, (request) => updateOne(parts, request)],
  [RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, (request) => updateList(parts, request)],
  [RequestCode.DELETE_TOPIC_IN_BROKER, (request) => removeOne(parts, request)],
  [RequestCode.GET_TOPIC_CONFIG, (request) => oneTopic(parts, request)],
  [RequestCode.GET_ALL_TOPIC_CONFIG, (request) => allTopics(parts, request)],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, () => systemTopicList(parts)],
  [RequestCode.GET_TOPIC_STATS_INFO, (request) => topicStats(parts, request)],
];

const updateOne = onMasterOnly((parts, request) => update(parts, [updateFrom(request)]));
const updateList = onMasterOnly((parts, request) => update(parts, updatesFrom(request)));
const removeOne = onMasterOnly(remove);

function updateFrom(request: RemotingCommand): TopicUpdate {
  const fields = request.extFields;
  const filterType = optionalText(fields, 'topicFilterType');
  return {
    topic: topicConfig(requiredText(fields, 'topic'), {
      readQueueNums: requiredInteger(fields, 'readQueueNums'),
      writeQueueNums: requiredInteger(fields, 'writeQueueNums'),
      perm: requiredInteger(fields, 'perm'),
      topicFilterType: filterType === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG',
      topicSysFlag: optionalInteger(fields, 'topicSysFlag') ?? 0,
      order: optionalBoolean(fields, 'order') ?? false,
    }),
    changes: attributeChanges(optionalText(fields, 'attributes')),
  };
}

/** Attributes in this body's topics carry their signs, as the field of 17 does. */
function updatesFrom(request: RemotingCommand): TopicUpdate[] {
  const body = asObject(parseJson(request.body), 'topic list');
  return (arrayMember(body, 'topicConfigList') ?? []).map((each) => {
    const topic = readTopicConfig(asObject(each, 'topic'));
    return { topic: { ...topic, attributes: new Map() }, changes: topic.attributes };
  });
}

function attributeChanges(text: string | null): ReadonlyMap<string, string> {
  try {
    return parseAttributeChanges(text);
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof AttributeError)) return error;
  return new Refusal(ResponseCode.SYSTEM_ERROR, error.message);
}

async function update(parts: BrokerParts, updates: TopicUpdate[]): Promise<Reply> {
  for (const { topic } of updates) checkUpdate(parts, topic);
  try {
    const changed = await parts.topics.updateAll(updates);
    parts.publish();
    if (changed) await parts.register();
  } catch (error) {
    throw refusalOf(error);
  }
  return reply(ResponseCode.SUCCESS);
}

function checkUpdate(parts: BrokerParts, topic: TopicConfig): void {
  const fault = topicNameFault(topic.topicName) ?? numbersFault(topic);
  if (fault !== null) throw new Refusal(ResponseCode.INVALID_PARAMETER, fault);
  checkNotSystem(parts, topic.topicName);
}

function numbersFault({ readQueueNums, writeQueueNums, perm }: TopicConfig): string | null {
  for (const count of [readQueueNums, writeQueueNums]) {
    if (count < 0 || count > QUEUES_MAX) return `A topic has 0 to ${QUEUES_MAX} queues: ${count}`;
  }
  return perm < 0 || perm > PERM_MAX ? `A topic's perm is 0 to ${PERM_MAX}: ${perm}` : null;
}

function checkNotSystem(parts: BrokerParts, topic: string): void {
  if (!parts.systemTopics.has(topic)) return;
  const remark = `The topic[${topic}] is conflict with system topic.`;
  throw new Refusal(ResponseCode.INVALID_PARAMETER, remark);
}

async function remove(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const topic = requiredText(request.extFields, 'topic');
  const fault = topicNameFault(topic);
  if (fault !== null) throw new Refusal(ResponseCode.INVALID_PARAMETER, fault);
  checkNotSystem(parts, topic);
  await parts.topics.remove(topic, async () => {
    // Senders must be refused before the data goes, or a late one would bring a queue back.
    parts.publish();
    await parts.dataPlane.deleteTopic(topic);
  });
  return reply(ResponseCode.SUCCESS);
}

function oneTopic(parts: BrokerParts, request: RemotingCommand): Reply {
  const name = requiredText(request.extFields, 'topic');
  const topic = parts.topics.find(name);
  if (topic === null) {
    throw new Refusal(
      ResponseCode.TOPIC_NOT_EXIST,
      `No topic in this broker. topic: ${name.slice(0, 255)}`,
    );
  }
  return reply(ResponseCode.SUCCESS, { body: stringifyJson(topicConfigJson(topic)) });
}

function allTopics(parts: BrokerParts, request: RemotingCommand): Reply {
  const { stateVersion, counter, timestamp } = parts.topics.dataVersion;
  return taggedReply(request, tableTag(parts, stateVersion, counter, timestamp), {
    extFields: { totalTopicNum: parts.topics.size },
    body: () => stringifyJson(topicTableJson(parts.topics.table())),
  });
}

function systemTopicList(parts: BrokerParts): Reply {
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({ topicList: parts.systemTopics.names() }),
  });
}

function topicStats(parts: BrokerParts, request: RemotingCommand): Reply {
  const name = requiredText(request.extFields, 'topic');
  const topic = parts.topics.find(name);
  if (topic === null) {
    throw new Refusal(ResponseCode.TOPIC_NOT_EXIST, `topic[${name.slice(0, 255)}] not exist`);
  }
  const bounds = new Map(parts.dataPlane.queueBounds(name).map((each) => [each.queueId, each]));
  const queues = Math.max(topic.readQueueNums, topic.writeQueueNums);
  const offsetTable = new Map(
    Array.from({ length: queues }, (_, queueId) => [
      { topic: name, brokerName: parts.identity.brokerName, queueId },
      {
        minOffset: bounds.get(queueId)?.minOffset ?? 0,
        maxOffset: bounds.get(queueId)?.maxOffset ?? 0,
        lastUpdateTimestamp: bounds.get(queueId)?.lastUpdateTimestamp ?? 0,
      },
    ]),
  );
  const topicPutTps = parts.traffic.topicPutTps(name);
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ offsetTable, topicPutTps }) });
}

/**
 * What clients say of themselves: heartbeat 34, goodbye 35, the member list 38 that every client
 * divides queues by, and the check 46 of an expression (Java ClientManageProcessor,
 * ConsumerManageProcessor).
 */

import type { ConsumerData, Heartbeat } from '../../model/subscription.ts';
import type { SubscriptionGroupConfig } from '../../model/subscription-group.ts';
import { retryTopicOf } from '../../model/topic-name.ts';
import { topicSysFlag } from '../../model/topic-sys-flag.ts';
import { Refusal } from '../../remoting/errors.ts';
import {
  asObject,
  objectMember,
  parseJson,
  stringifyJson,
  textMember,
} from '../../remoting/fastjson.ts';
import { optionalText, requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { decodeHeartbeat } from '../clients/heartbeat-body.ts';
import type { Member } from '../clients/member.ts';
import type { BrokerParts, Family, Peer } from './parts.ts';

export const clientFamily: Family = (parts) => [
  [RequestCode.HEART_BEAT, (request, peer) => heartbeat(parts, request, peer)],
  [RequestCode.UNREGISTER_CLIENT, (request, peer) => unregister(parts, request, peer)],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, (request) => consumerList(parts, request)],
  [RequestCode.CHECK_CLIENT_CONFIG, checkClientConfig],
];

async function heartbeat(parts: BrokerParts, request: RemotingCommand, peer: Peer): Promise<Reply> {
  const beat = decodeHeartbeat(request.body);
  const missing = beat.consumerDataSet.filter((consumer) => !isReady(parts, consumer));
  // Nothing to make is the rule, and then the whole beat takes effect before the next request.
  if (missing.length > 0) await Promise.all(missing.map((consumer) => makeReady(parts, consumer)));
  if (!parts.connections.isOpen(peer.connection)) return heartbeatReply(false);
  const member: Member = {
    ...peer,
    clientId: beat.clientID,
    language: request.language,
    version: request.version,
  };
  const changes = beat.consumerDataSet
    .filter((consumer) => parts.groups.find(consumer.groupName) !== null)
    .map((consumer) => beatOf(parts, beat, consumer, member));
  for (const group of beat.producerGroups) parts.producers.beat(group, member);
  const isV2 = beat.heartbeatFingerprint !== 0;
  return heartbeatReply(!isV2 || changes.includes(true));
}

/** `IS_SUB_CHANGE` asks a V2 client to send its subscriptions again. */
function heartbeatReply(subscriptionsChanged: boolean): Reply {
  return reply(ResponseCode.SUCCESS, {
    extFields: { IS_SUPPORT_HEART_BEAT_V2: true, IS_SUB_CHANGE: subscriptionsChanged },
  });
}

function retryTopicOrder(parts: BrokerParts, consumer: ConsumerData): boolean {
  return consumer.subscriptionDataSet.some(({ topic }) => parts.topics.isOrder(topic));
}

function isReady(parts: BrokerParts, consumer: ConsumerData): boolean {
  const retryTopic = parts.topics.find(retryTopicOf(consumer.groupName));
  return (
    parts.groups.find(consumer.groupName) !== null &&
    retryTopic?.order === retryTopicOrder(parts, consumer)
  );
}

/** The group, when it may be made, and its retry topic. */
async function makeReady(parts: BrokerParts, consumer: ConsumerData): Promise<void> {
  const group: SubscriptionGroupConfig | null = await parts.groups.findOrCreate(consumer.groupName);
  if (group === null) return;
  await parts.topics.createForGroup(retryTopicOf(consumer.groupName), {
    queueNums: group.retryQueueNums,
    topicSysFlag: consumer.unitMode ? topicSysFlag(false, true) : 0,
    order: retryTopicOrder(parts, consumer),
  });
}

/**
 * Returns whether the client must send its subscriptions again. Java says so only when another
 * fingerprint beat before; a broker that restarted would then never learn them, so a beat without
 * subscriptions for a group that has none here asks as well.
 */
function beatOf(
  parts: BrokerParts,
  beat: Heartbeat,
  consumer: ConsumerData,
  member: Member,
): boolean {
  const { groupName, consumeType, messageModel, consumeFromWhere } = consumer;
  const isV2 = beat.heartbeatFingerprint !== 0;
  const withoutSubscriptions = isV2 && beat.withoutSub;
  parts.consumers.beat(
    groupName,
    member,
    { consumeType, messageModel, consumeFromWhere },
    withoutSubscriptions ? null : consumer.subscriptionDataSet,
  );
  const group = parts.consumers.find(groupName);
  if (group === null || !isV2) return true;
  const before = group.fingerprint;
  group.fingerprint = beat.heartbeatFingerprint;
  const another = before !== null && before !== beat.heartbeatFingerprint;
  return another || (withoutSubscriptions && group.subscriptions.size === 0);
}

function unregister(parts: BrokerParts, request: RemotingCommand, peer: Peer): Reply {
  const producerGroup = optionalText(request.extFields, 'producerGroup');
  const consumerGroup = optionalText(request.extFields, 'consumerGroup');
  if (producerGroup !== null) parts.producers.unregister(producerGroup, peer.connection);
  if (consumerGroup !== null) parts.consumers.unregister(consumerGroup, peer.connection);
  return reply(ResponseCode.SUCCESS);
}

function consumerList(parts: BrokerParts, request: RemotingCommand): Reply {
  const group = requiredText(request.extFields, 'consumerGroup');
  const consumerIdList = parts.consumers.clientIds(group);
  if (consumerIdList.length === 0) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, `no consumer for this group, ${group}`);
  }
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ consumerIdList }) });
}

/** Only tag expressions are served; SQL92 is refused as by a broker without property filters. */
function checkClientConfig(request: RemotingCommand): Reply {
  if (request.body.length === 0) return reply(ResponseCode.SUCCESS);
  const body = asObject(parseJson(request.body), 'client config');
  const subscription = objectMember(body, 'subscriptionData');
  const type = (subscription && textMember(subscription, 'expressionType')) ?? 'TAG';
  if (type === 'TAG' || type === '') return reply(ResponseCode.SUCCESS);
  throw new Refusal(
    ResponseCode.SYSTEM_ERROR,
    `The broker does not support consumer to filter message by ${type}`,
  );
}

/**
 * Offsets of groups against each other and against time (Java AdminBrokerProcessor): 314 copies
 * them to another group, 308 tells the lowest of all groups, 303 how old what a group waits for is.
 */
import type { ConsumerOffset, QueueBounds } from '../../dataplane/data-plane.ts';
import { groupNameFault, retryTopicOf } from '../../model/topic-name.ts';
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { optionalBoolean, optionalText, requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { boundsById } from '../offsets/queue-progress.ts';
import { onMasterOnly } from './on-master-only.ts';
import type { BrokerParts, Family } from './parts.ts';

/** Java `Long.MAX_VALUE`: the group compared with is behind the others, nothing to correct. */
const NOTHING_TO_CORRECT = 2n ** 63n - 1n;

export const groupOffsetsFamily: Family = (parts) => [
  [RequestCode.CLONE_GROUP_OFFSET, (request) => cloneOffsets(parts, request)],
  [RequestCode.QUERY_CORRECTION_OFFSET, (request) => correctionOffsets(parts, request)],
  [RequestCode.QUERY_CONSUME_TIME_SPAN, (request) => timeSpan(parts, request)],
];

/** Topics that live members of the source do not subscribe stay out, unless `offline` is set. */
const cloneOffsets = onMasterOnly(async (parts, request) => {
  const fields = request.extFields;
  const source = requiredText(fields, 'srcGroup');
  const group = requiredText(fields, 'destGroup');
  const fault = groupNameFault(group);
  if (fault !== null) throw new Refusal(ResponseCode.INVALID_PARAMETER, fault);
  const named = (optionalText(fields, 'topic') ?? '').trim();
  const subscriptions = parts.consumers.find(source)?.subscriptions;
  const isLive = subscriptions !== undefined && subscriptions.size > 0;
  const offline = optionalBoolean(fields, 'offline') ?? false;
  const wanted = ({ topic }: ConsumerOffset): boolean =>
    (named === '' || named === topic) &&
    topic !== retryTopicOf(source) &&
    parts.topics.find(topic) !== null &&
    (offline || !isLive || subscriptions.has(topic));
  const offsets = parts.dataPlane.groupOffsets(source).filter(wanted);
  parts.offsets.reset(offsets.map((each) => ({ ...each, group })));
  await parts.offsets.save();
  return reply(ResponseCode.SUCCESS);
});

/**
 * The lowest offset of all groups by queue. Java erases the groups to be left out from its own
 * table on the way; here they are only left out.
 */
function correctionOffsets(parts: BrokerParts, request: RemotingCommand): Reply {
  const topic = requiredText(request.extFields, 'topic');
  const compareGroup = requiredText(request.extFields, 'compareGroup');
  const leftOut = (optionalText(request.extFields, 'filterGroups') ?? '').split(',');
  const bounds = boundsById(parts.dataPlane, topic);
  const lowest = new Map<number, number | bigint>();
  for (const { group, queueId, offset } of parts.offsets.all().filter((o) => o.topic === topic)) {
    const tooLow = offset < (bounds.get(queueId)?.minOffset ?? 0);
    if (tooLow || leftOut.includes(group)) continue;
    lowest.set(queueId, Math.min(Number(lowest.get(queueId) ?? offset), offset));
  }
  for (const [queueId, offset] of parts.offsets.of(compareGroup, topic)) {
    const found = lowest.get(queueId);
    if (found !== undefined && found > offset) lowest.set(queueId, NOTHING_TO_CORRECT);
  }
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ correctionOffsets: lowest }) });
}

/**
 * A group that has consumed nothing waits for the first message; Java takes the time of message
 * -1 there, and so a delay of all time since 1970.
 */
function timeSpan(parts: BrokerParts, request: RemotingCommand): Reply {
  const name = requiredText(request.extFields, 'topic');
  const group = requiredText(request.extFields, 'group');
  const topic = parts.topics.find(name);
  if (topic === null) {
    throw new Refusal(ResponseCode.TOPIC_NOT_EXIST, `topic[${name.slice(0, 255)}] not exist`);
  }
  const bounds = boundsById(parts.dataPlane, name);
  const offsets = parts.offsets.of(group, name);
  const { brokerName } = parts.identity;
  const consumeTimeSpanSet = Array.from({ length: topic.writeQueueNums }, (_, queueId) => ({
    messageQueue: { topic: name, brokerName, queueId },
    ...spanOf(parts, name, bounds.get(queueId), offsets.get(queueId) ?? 0),
  }));
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ consumeTimeSpanSet }) });
}

/** Times of the first and the last message and of the one consumed last; -1 where there is none. */
function spanOf(
  parts: BrokerParts,
  topic: string,
  bounds: QueueBounds | undefined,
  consumed: number,
) {
  if (bounds === undefined || bounds.maxOffset === bounds.minOffset) {
    return { minTimeStamp: -1, maxTimeStamp: -1, consumeTimeStamp: -1, delayTime: 0 };
  }
  const { queueId, minOffset, maxOffset } = bounds;
  const next = Math.max(consumed, minOffset);
  const places = [minOffset, maxOffset - 1, Math.max(consumed - 1, minOffset), next];
  const times = parts.dataPlane.storeTimestamps(
    places.map((offset) => ({ topic, queueId, offset })),
  );
  const [minTimeStamp = -1, maxTimeStamp = -1, consumeTimeStamp = -1, nextTime = 0] = times;
  const delayTime = next < maxOffset && nextTime > 0 ? parts.now() - nextTime : 0;
  return { minTimeStamp, maxTimeStamp, consumeTimeStamp, delayTime };
}

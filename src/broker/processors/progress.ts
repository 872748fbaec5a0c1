/**
 * How far consumers are: progress of a group 208, who consumes a topic 300, what a group consumes
 * 343 and 345, all offsets 43 and delay levels 45 (Java AdminBrokerProcessor).
 */
import { stringifyJson } from '../../remoting/fastjson.ts';
import { optionalText, requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { taggedReply } from '../ha/table-tag.ts';
import { queueProgress } from '../offsets/queue-progress.ts';
import { type BrokerParts, type Family, tableTag } from './parts.ts';

export const progressFamily: Family = (parts) => [
  [RequestCode.GET_CONSUME_STATS, (request) => consumeStats(parts, request)],
  [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, (request) => consumersOf(parts, request)],
  [RequestCode.QUERY_TOPICS_BY_CONSUMER, (request) => topicsOf(parts, request)],
  [RequestCode.QUERY_SUBSCRIPTION_BY_CONSUMER, (request) => subscriptionOf(parts, request)],
  [
    RequestCode.GET_ALL_CONSUMER_OFFSET,
    (request) =>
      taggedReply(request, tableTag(parts, parts.offsets.version), {
        body: () => stringifyJson(parts.offsets.json()),
      }),
  ],
  [
    RequestCode.GET_ALL_DELAY_OFFSET,
    () => reply(ResponseCode.SUCCESS, { body: stringifyJson(parts.delays.json()) }),
  ],
];

function consumeStats(parts: BrokerParts, request: RemotingCommand): Reply {
  const group = requiredText(request.extFields, 'consumerGroup');
  const topics = askedTopics(parts, group, request).filter(
    (topic) => parts.topics.find(topic) !== null,
  );
  const queues = topics.flatMap((topic) => {
    const count = parts.topics.find(topic)?.readQueueNums ?? 0;
    return progressRows(parts, topic, count, parts.offsets.of(group, topic));
  });
  const rates = topics.map((topic) => parts.traffic.groupGetTps(group, topic));
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({
      consumeTps: rates.reduce((sum, rate) => sum + rate, 0),
      offsetTable: new Map(queues),
    }),
  });
}

/**
 * The topics named in `topicList` (ends in `;` per topic), else the one in `topic`, else all the
 * group has offsets of; without a list, only those the group's live members subscribe.
 */
function askedTopics(parts: BrokerParts, group: string, request: RemotingCommand): string[] {
  const list = (optionalText(request.extFields, 'topicList') ?? '').split(';');
  const listed = list.filter((topic) => topic !== '');
  if (listed.length > 0) return listed;
  const topic = optionalText(request.extFields, 'topic') ?? '';
  const asked = topic.trim() === '' ? parts.offsets.topicsOf(group) : [topic];
  const subscriptions = parts.consumers.find(group)?.subscriptions;
  if (subscriptions === undefined || subscriptions.size === 0) return asked;
  return asked.filter((each) => subscriptions.has(each));
}

/** Rows of `offsetTable`, one for each queue that may be read. */
export function progressRows(
  parts: BrokerParts,
  topic: string,
  queueCount: number,
  offsets: ReadonlyMap<number, number>,
) {
  const { brokerName } = parts.identity;
  const queues = queueProgress(parts.dataPlane, topic, queueCount, offsets);
  return queues.map(({ queueId, brokerOffset, consumerOffset, lastTimestamp }) => {
    const progress = { brokerOffset, consumerOffset, lastTimestamp, pullOffset: consumerOffset };
    return [{ topic, brokerName, queueId }, progress] as const;
  });
}

function consumersOf(parts: BrokerParts, request: RemotingCommand): Reply {
  const topic = requiredText(request.extFields, 'topic');
  const groups = [...parts.consumers.groupsOf(topic), ...parts.offsets.groupsOf(topic)];
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({ groupList: [...new Set(groups)] }),
  });
}

function topicsOf(parts: BrokerParts, request: RemotingCommand): Reply {
  const topicList = parts.offsets.topicsOf(requiredText(request.extFields, 'group'));
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({ brokerAddr: parts.identity.address, topicList }),
  });
}

function subscriptionOf(parts: BrokerParts, request: RemotingCommand): Reply {
  const group = requiredText(request.extFields, 'group');
  const topic = requiredText(request.extFields, 'topic');
  const subscription = parts.consumers.find(group)?.subscriptions.get(topic);
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({
      group,
      topic,
      subscriptionData: subscription === undefined ? null : { ...subscription },
    }),
  });
}

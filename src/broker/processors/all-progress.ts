/** 317: how far every group is in every topic (Java fetchAllConsumeStatsInBroker). */
import { stringifyJson } from '../../remoting/fastjson.ts';
import { optionalBoolean } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { BrokerParts, Family } from './parts.ts';
import { progressRows } from './progress.ts';

export const allProgressFamily: Family = (parts) => [
  [RequestCode.GET_BROKER_CONSUME_STATS, (request) => allProgress(parts, request)],
];

type TopicOffsets = ReadonlyMap<string, ReadonlyMap<number, number>>;

const NO_OFFSETS: TopicOffsets = new Map();

function allProgress(parts: BrokerParts, request: RemotingCommand): Reply {
  const orderedOnly = optionalBoolean(request.extFields, 'isOrder') === true;
  const offsets = parts.offsets.byGroup();
  let totalDiff = 0;
  const groups = parts.groups.table().groups.map(({ groupName }) => {
    const stats = topicsOf(parts, groupName, offsets.get(groupName) ?? NO_OFFSETS, orderedOnly);
    totalDiff += stats.reduce((sum, each) => sum + each.behind, 0);
    const list = stats.map(({ consumeTps, rows }) => ({ consumeTps, offsetTable: new Map(rows) }));
    return new Map([[groupName, list]]);
  });
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({
      brokerAddr: parts.identity.address,
      consumeStatsList: groups,
      totalDiff,
      totalInflightDiff: 0,
    }),
  });
}

/** Topics of the group that exist and that its live members, when there are, subscribe. */
function topicsOf(parts: BrokerParts, group: string, offsets: TopicOffsets, orderedOnly: boolean) {
  const subscriptions = parts.consumers.find(group)?.subscriptions;
  const isLive = subscriptions !== undefined && subscriptions.size > 0;
  return [...offsets].flatMap(([name, queues]) => {
    const topic = parts.topics.find(name);
    if (topic === null || (orderedOnly && !topic.order)) return [];
    if (isLive && !subscriptions.has(name)) return [];
    const rows = progressRows(parts, name, topic.writeQueueNums, queues);
    const behind = rows.map(
      ([, { brokerOffset, consumerOffset }]) => brokerOffset - consumerOffset,
    );
    return [
      {
        rows,
        behind: behind.reduce((sum, each) => sum + each, 0),
        consumeTps: parts.traffic.groupGetTps(group, name),
      },
    ];
  });
}

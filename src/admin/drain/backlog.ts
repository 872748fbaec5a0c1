/** What a broker still has for its groups: delayed, to be consumed, to be retried. */
import { DLQ_PREFIX, RETRY_PREFIX, SystemTopic } from '../../model/topic-name.ts';
import { AnswerError } from '../../remoting/errors.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { AdminClient } from '../admin-client.ts';
import type { QueueRange } from '../answers.ts';
import { allInOrder } from '../in-order.ts';
import { consumingGroups } from '../topic-groups.ts';

export interface GroupBacklog {
  group: string;
  topic: string;
  /** Messages of the topic that the group has not committed. */
  behind: number;
  isOnline: boolean;
  /** Members keep their own offsets: what they have read, no broker knows. */
  isBroadcasting: boolean;
}

export interface Backlog {
  /** Messages that the broker has stored since its start; it stands still once sends have ended. */
  putTotal: number;
  /** Messages that wait in delay levels, retries among them. */
  delayed: number;
  /** Every group of every topic with messages, behind or not. */
  groups: GroupBacklog[];
  /** Topics whose messages no group consumes. */
  unread: { topic: string; messages: number }[];
}

/** Messages may move from the earlier figures to the later ones meanwhile, never back. */
export async function backlogOf(admin: AdminClient, broker: string): Promise<Backlog> {
  const stats = await admin.clusters.runtimeStats(broker);
  const delayed = await delayedIn(admin, broker);
  const topics = [...(await admin.topics.userTopics(broker, true)).keys()].sort();
  const backlog: Backlog = {
    putTotal: Number(stats.get('putMessageTimesTotal') ?? 0),
    delayed,
    groups: [],
    unread: [],
  };
  const waiting = topics.filter((topic) => !topic.startsWith(DLQ_PREFIX));
  for (const part of await allInOrder(waiting, (topic) => topicBacklog(admin, broker, topic))) {
    backlog.groups.push(...part.groups);
    backlog.unread.push(...part.unread);
  }
  return backlog;
}

async function delayedIn(admin: AdminClient, broker: string): Promise<number> {
  const { queues } = await admin.topics.statsInBroker(broker, SystemTopic.SCHEDULE);
  const levels = await admin.offsets.ofDelayLevels(broker);
  return queues.reduce((sum, { queueId, minOffset, maxOffset }) => {
    const delivered = Math.max(levels.get(queueId + 1) ?? 0, minOffset);
    return sum + Math.max(0, maxOffset - delivered);
  }, 0);
}

async function topicBacklog(
  admin: AdminClient,
  broker: string,
  topic: string,
): Promise<Pick<Backlog, 'groups' | 'unread'>> {
  const { queues } = await admin.topics.statsInBroker(broker, topic);
  const messages = queues.reduce((sum, { minOffset, maxOffset }) => sum + maxOffset - minOffset, 0);
  if (messages === 0) return { groups: [], unread: [] };
  const known = new Set(await consumingGroups(admin, broker, topic));
  // A group that never took a retry is not known to consume it.
  if (topic.startsWith(RETRY_PREFIX)) known.add(topic.slice(RETRY_PREFIX.length));
  if (known.size === 0) return { groups: [], unread: [{ topic, messages }] };
  const groups = await allInOrder([...known].sort(), (group) =>
    groupBacklog(admin, broker, { group, topic, queues }),
  );
  return { groups, unread: [] };
}

async function groupBacklog(
  admin: AdminClient,
  broker: string,
  { group, topic, queues }: { group: string; topic: string; queues: readonly QueueRange[] },
): Promise<GroupBacklog> {
  const members = await admin.clients.consumers(group, broker).catch((error: unknown) => {
    if (error instanceof AnswerError && error.code === ResponseCode.CONSUMER_NOT_ONLINE) {
      return null;
    }
    throw error;
  });
  const own = { group, topic, isOnline: members !== null };
  if (members?.messageModel === 'BROADCASTING') return { ...own, behind: 0, isBroadcasting: true };
  const lags = await allInOrder(queues, async ({ queueId, minOffset, maxOffset }) => {
    if (maxOffset === minOffset) return 0;
    const offset = (await admin.offsets.ofGroup(broker, group, { topic, queueId })) ?? minOffset;
    return Math.max(0, maxOffset - Math.max(offset, minOffset));
  });
  const behind = lags.reduce((sum, lag) => sum + lag, 0);
  return { ...own, behind, isBroadcasting: false };
}

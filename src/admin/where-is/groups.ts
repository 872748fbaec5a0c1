/** How far each group is with one stored copy. */
import { AnswerError } from '../../remoting/errors.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { AdminClient } from '../admin-client.ts';
import type { ConsumerConnections } from '../answers.ts';
import { reasonOf } from '../asker.ts';
import { allInOrder } from '../in-order.ts';
import { consumingGroups } from '../topic-groups.ts';
import { natureOf } from './copy.ts';
import type { Copy } from './search.ts';
import type { GroupState, GroupStory } from './story.ts';

/** The groups that consume the copy's topic, and `asked` whether it does or not. */
export async function groupStories(
  admin: AdminClient,
  copy: Copy,
  copies: readonly Copy[],
  asked: string | null,
): Promise<GroupStory[]> {
  const nature = natureOf(copy.message);
  if (nature.kind !== 'SENT' && nature.kind !== 'RETRY' && nature.kind !== 'DEAD') return [];
  const known = await consumingGroups(admin, copy.log.address, copy.message.topic);
  const named = nature.kind === 'RETRY' ? nature.group : nature.kind === 'SENT' ? asked : null;
  const groups = [...new Set(named === null ? known : [...known, named])].sort();
  return allInOrder(groups, (group) => groupStory(admin, group, copy, copies));
}

async function groupStory(
  admin: AdminClient,
  group: string,
  copy: Copy,
  copies: readonly Copy[],
): Promise<GroupStory> {
  const { message, log } = copy;
  try {
    const members = await membersOf(admin, log.address, group);
    const offset = await admin.offsets.ofGroup(log.address, group, message);
    return {
      group,
      state: stateOf(group, members, offset, copy, copies),
      isOnline: members !== null,
      offset,
      behind: Math.max(0, message.queueOffset + 1 - (offset ?? 0)),
      cause: null,
    };
  } catch (error) {
    const unknown = { group, isOnline: false, offset: null, behind: 0 };
    return { ...unknown, state: 'UNKNOWN', cause: reasonOf(error) };
  }
}

function stateOf(
  group: string,
  members: ConsumerConnections | null,
  offset: number | null,
  copy: Copy,
  copies: readonly Copy[],
): GroupState {
  if (members?.messageModel === 'BROADCASTING') return 'BROADCASTING';
  if (members !== null && !isSubscribed(members, copy)) return 'NOT_SUBSCRIBED';
  if (offset === null) return 'NEVER';
  if (offset <= copy.message.queueOffset) return 'NOT_YET';
  const cameBack = copies.some(
    ({ message }) =>
      natureOf(message).group === group &&
      message.reconsumeTimes === copy.message.reconsumeTimes + 1,
  );
  return cameBack ? 'SENT_BACK' : 'CONSUMED';
}

/** SQL expressions are the broker's to judge: they count as subscribed. */
function isSubscribed({ subscriptions }: ConsumerConnections, { message }: Copy): boolean {
  const own = subscriptions.find(({ topic }) => topic === message.topic);
  if (own === undefined) return true;
  const tags = own.expression.split('||').map((tag) => tag.trim());
  const isPlain = tags.every((tag) => /^[\w%-]+$/.test(tag));
  return !isPlain || tags.includes(message.properties.get('TAGS') ?? '');
}

/** Null when nobody of the group is connected to the broker. */
async function membersOf(
  admin: AdminClient,
  broker: string,
  group: string,
): Promise<ConsumerConnections | null> {
  try {
    return await admin.clients.consumers(group, broker);
  } catch (error) {
    if (error instanceof AnswerError && error.code === ResponseCode.CONSUMER_NOT_ONLINE) {
      return null;
    }
    throw error;
  }
}

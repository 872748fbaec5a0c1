/** What one stored copy of a message is, and whether it waits for something. */
import { DLQ_PREFIX, RETRY_PREFIX, SystemTopic } from '../../model/topic-name.ts';
import type { AdminClient } from '../admin-client.ts';
import type { StoredMessage } from '../message-record.ts';
import type { Copy } from './search.ts';
import type { CopyKind, CopyStory } from './story.ts';

interface Nature {
  kind: CopyKind;
  topic: string;
  group: string | null;
}

export async function copyStory(
  admin: AdminClient,
  copy: Copy,
  copies: readonly Copy[],
): Promise<CopyStory> {
  const { message, log } = copy;
  const nature = natureOf(message);
  const waits = nature.kind === 'DELAYED' || nature.kind === 'RETRY_DELAYED';
  const { address, brokerName, brokerId } = log;
  const { queueId, queueOffset, physicalOffset, storeSize, storeTimestamp } = message;
  const isRetry = nature.kind === 'RETRY' || nature.kind === 'RETRY_DELAYED';
  return {
    ...nature,
    ...{ storedTopic: message.topic, brokerName, brokerId, address },
    ...{ queueId, queueOffset, physicalOffset, storeSize, storeTimestamp },
    offsetMessageId: message.offsetMessageId,
    dueTimestamp: waits ? await dueTimestamp(admin, copy) : null,
    isDelivered: waits ? await isDelivered(admin, copy, copies) : null,
    retry: message.reconsumeTimes,
    retryMaximum:
      isRetry && nature.group !== null ? await retryMaximum(admin, address, nature.group) : null,
    hidden: await hidden(admin, copy),
    groups: [],
  };
}

export function natureOf({ topic, properties }: StoredMessage): Nature {
  const isDelayed = topic === SystemTopic.SCHEDULE;
  const isHalf = topic === SystemTopic.TRANS_HALF;
  const target = isDelayed || isHalf ? (properties.get('REAL_TOPIC') ?? topic) : topic;
  if (isHalf) return { kind: 'HALF', topic: target, group: null };
  if (target.startsWith(RETRY_PREFIX)) {
    const group = target.slice(RETRY_PREFIX.length);
    return { kind: isDelayed ? 'RETRY_DELAYED' : 'RETRY', topic: target, group };
  }
  if (target.startsWith(DLQ_PREFIX)) {
    return { kind: 'DEAD', topic: target, group: target.slice(DLQ_PREFIX.length) };
  }
  return { kind: isDelayed ? 'DELAYED' : 'SENT', topic: target, group: null };
}

/** Brokers keep the time in the place of the tags' hash (Java ScheduleMessageService). */
async function dueTimestamp(
  admin: AdminClient,
  { log, message: { topic, queueId, queueOffset } }: Copy,
): Promise<number | null> {
  const question = { topic, queueId, index: queueOffset, count: 1, consumerGroup: null };
  const { entries } = await admin.messages.queueContents(log.address, question);
  const due = entries[0]?.tagsCode;
  return due === undefined ? null : Number(due);
}

/** The level's progress says so; a slave's may lag, the delivered copy itself does not. */
async function isDelivered(
  admin: AdminClient,
  { log, message }: Copy,
  copies: readonly Copy[],
): Promise<boolean> {
  const { topic } = natureOf(message);
  const isThere = copies.some(
    (other) =>
      other.message.topic === topic &&
      other.message.reconsumeTimes === message.reconsumeTimes &&
      other.message.storeTimestamp >= message.storeTimestamp,
  );
  if (isThere) return true;
  const levels = await admin.offsets.ofDelayLevels(log.address);
  return (levels.get(message.queueId + 1) ?? 0) > message.queueOffset;
}

async function retryMaximum(
  admin: AdminClient,
  address: string,
  group: string,
): Promise<number | null> {
  return (await admin.groups.all(address)).get(group)?.retryMaxTimes ?? null;
}

async function hidden(
  admin: AdminClient,
  { log, message, hasTopic }: Copy,
): Promise<CopyStory['hidden']> {
  if (!hasTopic) return 'TOPIC_DELETED';
  const begin = await admin.offsets.ofQueue('min', log.address, message);
  return message.queueOffset < begin ? 'BEFORE_QUEUE_BEGIN' : null;
}

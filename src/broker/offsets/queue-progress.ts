/**
 * How far a group is in each queue of a topic (Java ConsumeStats, OffsetWrapper): what 208 tells
 * of one group and 317 of all. Store times of all queues are asked for in one question.
 */
import type { DataPlane, QueueBounds } from '../../dataplane/data-plane.ts';

export interface QueueProgress {
  queueId: number;
  /** Number of the next message to come. */
  brokerOffset: number;
  /** Number of the next message the group wants. */
  consumerOffset: number;
  /** Store time of the last message consumed, 0 when it is not known. */
  lastTimestamp: number;
}

export function queueProgress(
  dataPlane: DataPlane,
  topic: string,
  queueCount: number,
  offsets: ReadonlyMap<number, number>,
): QueueProgress[] {
  const bounds = boundsById(dataPlane, topic);
  const queues = Array.from({ length: queueCount }, (_, queueId) => {
    const consumerOffset = offsets.get(queueId) ?? 0;
    return { queueId, brokerOffset: bounds.get(queueId)?.maxOffset ?? 0, consumerOffset };
  });
  const consumed = queues.filter(({ consumerOffset }) => consumerOffset > 0);
  const times = dataPlane.storeTimestamps(
    consumed.map(({ queueId, consumerOffset }) => ({ topic, queueId, offset: consumerOffset - 1 })),
  );
  const timeOf = new Map(consumed.map(({ queueId }, index) => [queueId, times[index] ?? 0]));
  return queues.map((queue) => ({ ...queue, lastTimestamp: timeOf.get(queue.queueId) ?? 0 }));
}

export function boundsById(dataPlane: DataPlane, topic: string): Map<number, QueueBounds> {
  return new Map(dataPlane.queueBounds(topic).map((each) => [each.queueId, each]));
}

/**
 * When a message was stored, by its queue offset: the answer that `SEARCH_OFFSET_BY_TIMESTAMP`
 * gives, asked backwards.
 *
 * Store times rise along a queue, so the time of message k is the latest t for which the first
 * message at or after t is not behind k; about 28 steps find it in three days of messages.
 */
import type { DataPlane, QueueBounds } from '../../dataplane/data-plane.ts';

/** Wall clock ms, 0 when the queue does not hold the message. */
export function storeTimestamp(
  dataPlane: DataPlane,
  topic: string,
  bounds: QueueBounds,
  offset: number,
): number {
  if (offset < bounds.minOffset || offset >= bounds.maxOffset) return 0;
  if (offset === bounds.maxOffset - 1) return bounds.lastUpdateTimestamp;
  let low = Math.max(dataPlane.logStatus().earliestMessageTimestamp, 0);
  let high = Math.max(bounds.lastUpdateTimestamp, low);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const isAtOrBefore = dataPlane.searchOffset(topic, bounds.queueId, middle) <= offset;
    if (isAtOrBefore) low = middle;
    else high = middle - 1;
  }
  return low;
}

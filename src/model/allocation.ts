/** How the queues of a topic are shared out among the members of a group. */

/**
 * Which of the queues the member at `index` of `members` gets. Together the members get each queue
 * exactly once, when all of them see the queues and each other in the same order.
 */
export type Allocate = <T>(queues: readonly T[], index: number, members: number) => T[];

/** Java AllocateMessageQueueAveragely: runs of queues, the first members one more. */
export const allocateAveragely: Allocate = (queues, index, members) => {
  const base = Math.floor(queues.length / members);
  const larger = queues.length % members;
  const start = index * base + Math.min(index, larger);
  return queues.slice(start, start + base + (index < larger ? 1 : 0));
};

/** Java AllocateMessageQueueAveragelyByCircle: every `members`-th queue. */
export const allocateByCircle: Allocate = (queues, index, members) =>
  queues.filter((_, place) => place % members === index);

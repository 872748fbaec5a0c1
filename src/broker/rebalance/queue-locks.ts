/**
 * Locks of single queues by members of a group (41/42): what keeps orderly consumers orderly while
 * a rebalance is under way. Mirrors Java's RebalanceLockManager.
 *
 * Invariants: a lock is re-entrant per client id and lives 60 s from its last renewal; only its
 * holder may release it before that.
 */
import type { MessageQueue } from '../../model/message-queue.ts';

export const LOCK_LIFE_MS = 60_000;

interface QueueLock {
  clientId: string;
  renewedMs: number;
}

function keyOf(queue: MessageQueue): string {
  return `${queue.topic}@${queue.brokerName}@${queue.queueId}`;
}

export class QueueLocks {
  readonly #groups = new Map<string, Map<string, QueueLock>>();
  readonly #holding = new Set<string>();
  readonly #now: () => number;
  readonly #onHoldingChanged: (group: string) => void;

  /** `onHoldingChanged` is told when {@link holdsAny} of a group has changed. */
  constructor(now: () => number, onHoldingChanged: (group: string) => void) {
    this.#now = now;
    this.#onHoldingChanged = onHoldingChanged;
  }

  /** Locks or renews each queue that is free, expired or already the client's; returns those. */
  lock(group: string, queues: MessageQueue[], clientId: string): MessageQueue[] {
    const locks = this.#groups.get(group) ?? new Map<string, QueueLock>();
    const now = this.#now();
    const granted = queues.filter((queue) => {
      const held = locks.get(keyOf(queue));
      const foreign = held !== undefined && held.clientId !== clientId && !isExpired(held, now);
      if (!foreign) locks.set(keyOf(queue), { clientId, renewedMs: now });
      return !foreign;
    });
    if (granted.length > 0) {
      this.#groups.set(group, locks);
      this.#noteHolding(group);
    }
    return granted;
  }

  unlock(group: string, queues: MessageQueue[], clientId: string): void {
    const locks = this.#groups.get(group);
    if (locks === undefined) return;
    for (const queue of queues) {
      if (locks.get(keyOf(queue))?.clientId === clientId) locks.delete(keyOf(queue));
    }
    if (locks.size === 0) this.#groups.delete(group);
    this.#noteHolding(group);
  }

  /** True while any lock of the group is alive. */
  holdsAny(group: string): boolean {
    const now = this.#now();
    const locks = this.#groups.get(group);
    return locks !== undefined && [...locks.values()].some((lock) => !isExpired(lock, now));
  }

  /** Drops what has expired, so that a group which stopped renewing is seen to hold nothing. */
  expire(): void {
    const now = this.#now();
    for (const [group, locks] of this.#groups) {
      const before = locks.size;
      for (const [key, lock] of locks) if (isExpired(lock, now)) locks.delete(key);
      if (locks.size === 0) this.#groups.delete(group);
      if (locks.size !== before) this.#noteHolding(group);
    }
  }

  #noteHolding(group: string): void {
    const holds = this.holdsAny(group);
    if (holds === this.#holding.has(group)) return;
    if (holds) this.#holding.add(group);
    else this.#holding.delete(group);
    this.#onHoldingChanged(group);
  }
}

function isExpired(lock: QueueLock, nowMs: number): boolean {
  return nowMs - lock.renewedMs > LOCK_LIFE_MS;
}

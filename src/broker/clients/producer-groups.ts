/**
 * Producers by group, as their heartbeats told (Java ProducerManager): who may be asked about a
 * transaction, and what 204 and 328 list.
 */
import type { ConnectionId } from '../../dataplane/data-plane.ts';
import { MEMBER_EXPIRY_MS, type Member } from './member.ts';

interface Producer extends Member {
  lastBeatMs: number;
}

export class ProducerGroups {
  readonly #groups = new Map<string, Map<ConnectionId, Producer>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  beat(group: string, member: Member): void {
    const members = this.#groups.get(group) ?? new Map<ConnectionId, Producer>();
    members.set(member.connection, { ...member, lastBeatMs: this.#now() });
    this.#groups.set(group, members);
  }

  unregister(group: string, connection: ConnectionId): void {
    const members = this.#groups.get(group);
    if (members?.delete(connection) === true && members.size === 0) this.#groups.delete(group);
  }

  connectionClosed(connection: ConnectionId): void {
    for (const group of [...this.#groups.keys()]) this.unregister(group, connection);
  }

  /** Drops producers that stopped beating and returns their connections, to be closed. */
  expire(): ConnectionId[] {
    const expired: ConnectionId[] = [];
    for (const [group, members] of [...this.#groups]) {
      for (const producer of [...members.values()]) {
        if (this.#now() - producer.lastBeatMs <= MEMBER_EXPIRY_MS) continue;
        this.unregister(group, producer.connection);
        expired.push(producer.connection);
      }
    }
    return expired;
  }

  /** Members of the group, null when it is not known here. */
  membersOf(group: string): Member[] | null {
    const members = this.#groups.get(group);
    return members === undefined ? null : [...members.values()];
  }

  all(): { group: string; members: (Member & { lastBeatMs: number })[] }[] {
    return [...this.#groups].map(([group, members]) => ({ group, members: [...members.values()] }));
  }
}

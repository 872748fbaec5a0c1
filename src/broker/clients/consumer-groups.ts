/**
 * Consumers by group, as their heartbeats told (Java ConsumerManager, ConsumerGroupInfo).
 *
 * Invariants: members are counted by connection, as Java does; a group's subscriptions are those
 * of its last full beat, newer `subVersion` wins for a topic that stays; a beat without
 * subscriptions erases none; a group without members does not exist.
 * Whoever must know of a change is told through {@link GroupEvents}; nothing here sends.
 */
import type { ConnectionId } from '../../dataplane/data-plane.ts';
import type {
  ConsumeFromWhere,
  ConsumeType,
  MessageModel,
  Subscription,
} from '../../model/subscription.ts';
import { MEMBER_EXPIRY_MS, type Member } from './member.ts';

export interface GroupMode {
  consumeType: ConsumeType;
  messageModel: MessageModel;
  consumeFromWhere: ConsumeFromWhere;
}

export interface GroupEvents {
  /** Members joined or left, or the topics changed: members that are left must rebalance. */
  membersChanged(group: ConsumerGroup): void;
  /** Subscriptions, mode or existence changed: policy must follow. */
  policyChanged(name: string): void;
}

interface Consumer extends Member {
  lastBeatMs: number;
}

export interface ConsumerGroup extends GroupMode {
  readonly name: string;
  readonly members: Map<ConnectionId, Consumer>;
  readonly subscriptions: Map<string, Subscription>;
  /** Of the last V2 heartbeat, null before the first. */
  fingerprint: number | null;
}

export function isBroadcasting(group: GroupMode): boolean {
  return group.messageModel === 'BROADCASTING';
}

export class ConsumerGroups {
  readonly #groups = new Map<string, ConsumerGroup>();
  /** Groups in which a connection is a member: a close must not look at every group. */
  readonly #groupsOf = new Map<ConnectionId, Set<string>>();
  readonly #now: () => number;
  readonly #events: GroupEvents;

  constructor(now: () => number, events: GroupEvents) {
    this.#now = now;
    this.#events = events;
  }

  /**
   * A heartbeat of one group. `subscriptions` is null for a beat without them.
   * Returns whether a member joined or the set of topics changed.
   */
  beat(
    name: string,
    member: Member,
    mode: GroupMode,
    subscriptions: readonly Subscription[] | null,
  ): boolean {
    const group = this.#groups.get(name) ?? this.#create(name, mode);
    const modeChanged = group.messageModel !== mode.messageModel;
    Object.assign(group, mode);
    const joined = !group.members.has(member.connection);
    if (joined) this.#joined(member.connection, name);
    group.members.set(member.connection, { ...member, lastBeatMs: this.#now() });
    const update = subscriptions === null ? NOTHING : updateSubscriptions(group, subscriptions);
    if (joined || modeChanged || update.any) this.#events.policyChanged(name);
    if (joined || update.topics) this.#events.membersChanged(group);
    return joined || update.topics;
  }

  unregister(name: string, connection: ConnectionId): void {
    const group = this.#groups.get(name);
    if (group?.members.delete(connection) !== true) return;
    this.#groupsOf.get(connection)?.delete(name);
    if (group.members.size === 0) {
      this.#groups.delete(name);
      this.#events.policyChanged(name);
    }
    this.#events.membersChanged(group);
  }

  connectionClosed(connection: ConnectionId): void {
    const names = this.#groupsOf.get(connection) ?? [];
    this.#groupsOf.delete(connection);
    for (const name of names) this.unregister(name, connection);
  }

  /** Drops consumers that stopped beating and returns their connections, to be closed. */
  expire(): ConnectionId[] {
    const expired: ConnectionId[] = [];
    for (const group of [...this.#groups.values()]) {
      for (const consumer of [...group.members.values()]) {
        if (this.#now() - consumer.lastBeatMs <= MEMBER_EXPIRY_MS) continue;
        this.unregister(group.name, consumer.connection);
        expired.push(consumer.connection);
      }
    }
    return expired;
  }

  find(name: string): ConsumerGroup | null {
    return this.#groups.get(name) ?? null;
  }

  findMember(name: string, clientId: string): Member | null {
    const members = this.#groups.get(name)?.members.values() ?? [];
    return [...members].find((member) => member.clientId === clientId) ?? null;
  }

  /** Client ids of the group in the order they joined, empty when it has no members. */
  clientIds(name: string): string[] {
    const members = this.#groups.get(name)?.members.values() ?? [];
    return [...members].map((member) => member.clientId);
  }

  /** Groups that subscribe the topic now. */
  groupsOf(topic: string): string[] {
    return [...this.#groups.values()]
      .filter((group) => group.subscriptions.has(topic))
      .map((group) => group.name);
  }

  all(): ConsumerGroup[] {
    return [...this.#groups.values()];
  }

  #joined(connection: ConnectionId, name: string): void {
    const names = this.#groupsOf.get(connection) ?? new Set();
    this.#groupsOf.set(connection, names.add(name));
  }

  #create(name: string, mode: GroupMode): ConsumerGroup {
    const group: ConsumerGroup = {
      name,
      ...mode,
      members: new Map(),
      subscriptions: new Map(),
      fingerprint: null,
    };
    this.#groups.set(name, group);
    return group;
  }
}

interface SubscriptionUpdate {
  /** A topic was added or removed, which calls for a rebalance. */
  topics: boolean;
  /** Anything changed, which policy must follow. */
  any: boolean;
}

const NOTHING: SubscriptionUpdate = { topics: false, any: false };

function updateSubscriptions(
  group: ConsumerGroup,
  fresh: readonly Subscription[],
): SubscriptionUpdate {
  const update = { ...NOTHING };
  for (const subscription of fresh) {
    const old = group.subscriptions.get(subscription.topic);
    if (old !== undefined && subscription.subVersion <= old.subVersion) continue;
    group.subscriptions.set(subscription.topic, subscription);
    update.any = true;
    if (old === undefined) update.topics = true;
  }
  const kept = new Set(fresh.map((subscription) => subscription.topic));
  for (const topic of group.subscriptions.keys()) {
    if (kept.has(topic)) continue;
    group.subscriptions.delete(topic);
    update.topics = true;
    update.any = true;
  }
  return update;
}

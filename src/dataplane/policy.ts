/**
 * What the control plane decided since the last publication, gathered into one delta.
 *
 * Invariants: the last word on a name wins; taking the delta empties the draft; a name is in a
 * delta either as changed or as removed, never both.
 */
import type { SubscriptionGroupConfig } from '../model/subscription-group.ts';
import type { TopicConfig } from '../model/topic-config.ts';
import type {
  BrokerPolicy,
  GroupPolicy,
  LiveGroupPolicy,
  PolicyDelta,
  TopicPolicy,
} from './data-plane.ts';

export function topicPolicy(topic: TopicConfig): TopicPolicy {
  return {
    name: topic.topicName,
    perm: topic.perm,
    readQueues: topic.readQueueNums,
    writeQueues: topic.writeQueueNums,
    topicSysFlag: topic.topicSysFlag,
    order: topic.order,
  };
}

/** `forbiddenTopics` are those that the group's row of `forbiddenTable` bars from reading. */
export function groupPolicy(
  group: SubscriptionGroupConfig,
  forbiddenTopics: string[],
): GroupPolicy {
  return {
    name: group.groupName,
    consumeEnable: group.consumeEnable,
    consumeFromMinEnable: group.consumeFromMinEnable,
    consumeBroadcastEnable: group.consumeBroadcastEnable,
    retryQueues: group.retryQueueNums,
    retryMaxTimes: group.retryMaxTimes,
    brokerId: group.brokerId,
    whichBrokerWhenConsumeSlowly: group.whichBrokerWhenConsumeSlowly,
    groupSysFlag: group.groupSysFlag,
    forbiddenTopics,
  };
}

/** Name → its policy, null for removed. */
type Changes<T> = Map<string, T | null>;

export class PolicyDraft {
  #broker: BrokerPolicy | null = null;
  readonly #topics: Changes<TopicPolicy> = new Map();
  readonly #groups: Changes<GroupPolicy> = new Map();
  readonly #liveGroups: Changes<LiveGroupPolicy> = new Map();

  setBroker(policy: BrokerPolicy): void {
    this.#broker = policy;
  }

  setTopic(topic: TopicConfig): void {
    this.#topics.set(topic.topicName, topicPolicy(topic));
  }

  removeTopic(name: string): void {
    this.#topics.set(name, null);
  }

  setGroup(group: SubscriptionGroupConfig, forbiddenTopics: string[] = []): void {
    this.#groups.set(group.groupName, groupPolicy(group, forbiddenTopics));
  }

  removeGroup(name: string): void {
    this.#groups.set(name, null);
  }

  setLiveGroup(policy: LiveGroupPolicy): void {
    this.#liveGroups.set(policy.name, policy);
  }

  removeLiveGroup(name: string): void {
    this.#liveGroups.set(name, null);
  }

  /** Everything changed since the last take, null when nothing did. */
  take(): PolicyDelta | null {
    const topics = taken(this.#topics);
    const groups = taken(this.#groups);
    const liveGroups = taken(this.#liveGroups);
    const broker = this.#broker;
    this.#broker = null;
    const changes = topics.count + groups.count + liveGroups.count;
    if (broker === null && changes === 0) return null;
    return {
      broker,
      topics: topics.changed,
      removedTopics: topics.removed,
      groups: groups.changed,
      removedGroups: groups.removed,
      liveGroups: liveGroups.changed,
      removedLiveGroups: liveGroups.removed,
    };
  }
}

function taken<T>(changes: Changes<T>): { changed: T[]; removed: string[]; count: number } {
  const changed: T[] = [];
  const removed: string[] = [];
  for (const [name, policy] of changes) {
    if (policy === null) removed.push(name);
    else changed.push(policy);
  }
  const count = changes.size;
  changes.clear();
  return { changed, removed, count };
}

/**
 * Queues of topics by broker set (Java `topicQueueTable`). A topic without any queue data is not
 * in the table.
 */
import { Permission, withoutWrite } from '../model/permission.ts';
import type { QueueData } from '../model/route.ts';
import type { TopicConfig } from '../model/topic-config.ts';
import { hasUnitFlag, hasUnitSubFlag } from '../model/topic-sys-flag.ts';

export type UnitFilter = 'unit' | 'unitSub' | 'unitSubNotUnit';

export class TopicQueues {
  readonly #topics = new Map<string, Map<string, QueueData>>();

  names(): IterableIterator<string> {
    return this.#topics.keys();
  }

  ofTopic(topic: string): ReadonlyMap<string, QueueData> | null {
    return this.#topics.get(topic) ?? null;
  }

  has(topic: string, brokerName: string): boolean {
    return this.#topics.get(topic)?.has(brokerName) ?? false;
  }

  put(topic: string, queue: QueueData): void {
    const queues = this.#topics.get(topic) ?? new Map<string, QueueData>();
    this.#topics.set(topic, queues.set(queue.brokerName, queue));
  }

  putConfig(brokerName: string, config: TopicConfig): void {
    const { readQueueNums, writeQueueNums, perm, topicSysFlag } = config;
    const queue = { brokerName, readQueueNums, writeQueueNums, perm, topicSysFlag };
    this.put(config.topicName, queue);
  }

  removeTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  remove(topic: string, brokerName: string): void {
    const queues = this.#topics.get(topic);
    queues?.delete(brokerName);
    if (queues?.size === 0) {
      this.#topics.delete(topic);
    }
  }

  /** Drops every queue of the broker set. */
  removeBroker(brokerName: string): void {
    for (const topic of this.ofBroker(brokerName)) {
      this.remove(topic, brokerName);
    }
  }

  /** Names of the topics that have queues on the broker set. */
  ofBroker(brokerName: string): string[] {
    return [...this.#topics].filter(([, queues]) => queues.has(brokerName)).map(([name]) => name);
  }

  /** Drops the write bit of all topics of the broker set; answers how many it has. */
  wipeWrite(brokerName: string): number {
    return this.#changePerm(brokerName, withoutWrite);
  }

  /** Read and write for all topics of the broker set, dropping other bits as Java does. */
  restoreWrite(brokerName: string): number {
    return this.#changePerm(brokerName, () => Permission.READ | Permission.WRITE);
  }

  withUnits(filter: UnitFilter): string[] {
    return [...this.#topics]
      .filter(([, queues]) => matchesUnits(queues, filter))
      .map(([name]) => name);
  }

  #changePerm(brokerName: string, change: (perm: number) => number): number {
    const topics = this.ofBroker(brokerName);
    for (const topic of topics) {
      const queue = this.#topics.get(topic)?.get(brokerName);
      if (queue !== undefined) {
        this.put(topic, { ...queue, perm: change(queue.perm) });
      }
    }
    return topics.length;
  }
}

/** The first broker set's flag speaks for the topic, as in Java. */
function matchesUnits(queues: ReadonlyMap<string, QueueData>, filter: UnitFilter): boolean {
  const first = queues.values().next();
  if (first.done === true) {
    return false;
  }
  const flag = first.value.topicSysFlag;
  switch (filter) {
    case 'unit':
      return hasUnitFlag(flag);
    case 'unitSub':
      return hasUnitSubFlag(flag);
    case 'unitSubNotUnit':
      return hasUnitSubFlag(flag) && !hasUnitFlag(flag);
  }
}

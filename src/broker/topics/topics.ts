/**
 * The topics of this broker (Java TopicConfigManager) and `topics.json`.
 *
 * Invariants: a new or changed topic is durable before anyone is told of it, so that no message
 * is ever accepted for a topic that a crash would forget; every change raises the data version;
 * system topics exist from the start and what the file says of them wins.
 * Refuses nothing by name: callers check names and system topics, for their answers differ.
 */
import { type DataVersion, nextDataVersion } from '../../model/data-version.ts';
import { isInherited, Permission, READ_WRITE } from '../../model/permission.ts';
import { type TopicConfig, topicConfig } from '../../model/topic-config.ts';
import { RETRY_PREFIX, SystemTopic } from '../../model/topic-name.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import type { SystemTopics } from './system-topics.ts';
import { changeAttributes } from './topic-attributes.ts';
import type { TopicTable } from './topic-file.ts';
import { TopicFiles } from './topic-files.ts';

export interface TopicEvents {
  changed(topic: TopicConfig): void;
  removed(name: string): void;
}

/** A send's wish for a topic that does not exist. */
export interface WantedTopic {
  name: string;
  defaultTopic: string;
  /** Queues the client asks for; at most those of the default topic are given. */
  queueNums: number;
  topicSysFlag: number;
}

export interface TopicsOptions {
  path: string;
  system: SystemTopics;
  now: () => number;
  autoCreateTopicEnable: () => boolean;
  /** Hears of failures that no caller waits for. */
  onFault: (error: unknown) => void;
}

export class Topics {
  readonly #table = new Map<string, TopicConfig>();
  readonly #files: TopicFiles;
  readonly #options: TopicsOptions;
  readonly #events: TopicEvents;
  #version: DataVersion;

  constructor(options: TopicsOptions, events: TopicEvents) {
    this.#options = options;
    this.#events = events;
    this.#version = { stateVersion: 0, timestamp: options.now(), counter: 0 };
    for (const topic of options.system.configs) this.#table.set(topic.topicName, topic);
    this.#files = new TopicFiles({
      path: options.path,
      table: () => this.table(),
      size: () => this.size,
      onFault: options.onFault,
    });
  }

  async load(onRejected: (path: string, reason: string) => void): Promise<void> {
    const loaded = await this.#files.load(onRejected);
    for (const topic of loaded?.topics ?? []) this.#table.set(topic.topicName, topic);
    if (loaded !== null) this.#version = loaded.dataVersion;
  }

  find(name: string): TopicConfig | null {
    return this.#table.get(name) ?? null;
  }

  isOrder(name: string): boolean {
    return this.#table.get(name)?.order ?? false;
  }

  table(): TopicTable {
    return { topics: [...this.#table.values()], dataVersion: this.#version };
  }

  get size(): number {
    return this.#table.size;
  }

  get dataVersion(): DataVersion {
    return this.#version;
  }

  /** Raises the version without a change of a topic, as a change of `brokerPermission` does. */
  async touch(): Promise<void> {
    this.#version = nextDataVersion(this.#version, this.#options.now());
    await this.#files.save();
  }

  /** Creates or replaces; `changes` are signed attribute changes. False when nothing changed. */
  async update(topic: TopicConfig, changes: ReadonlyMap<string, string>): Promise<boolean> {
    return this.updateAll([{ topic, changes }]);
  }

  /** As {@link update} for several topics with one write; all or none by their attributes. */
  async updateAll(
    updates: readonly { topic: TopicConfig; changes: ReadonlyMap<string, string> }[],
  ): Promise<boolean> {
    const wanted = updates.map(({ topic, changes }) => {
      const old = this.find(topic.topicName);
      return { ...topic, attributes: changeAttributes(old?.attributes ?? null, changes) };
    });
    const changed = wanted.filter((topic) => {
      const old = this.find(topic.topicName);
      return old === null || !sameTopicConfig(old, topic);
    });
    if (changed.length > 0) await this.#put(changed);
    return changed.length > 0;
  }

  /** As `find`, once the file and policy have it: a copy under way has neither yet. */
  async findDurable(name: string): Promise<TopicConfig | null> {
    const existing = this.find(name);
    return existing === null ? null : await this.#durable(existing);
  }

  /** A topic made for a sender from the default topic it names; null when none may be made. */
  async createByDefault(wanted: WantedTopic): Promise<TopicConfig | null> {
    const existing = this.find(wanted.name);
    if (existing !== null) return this.#durable(existing);
    const model = this.find(wanted.defaultTopic);
    if (model !== null && this.#mayInherit(model)) {
      const queueNums = Math.max(0, Math.min(wanted.queueNums, model.writeQueueNums));
      return this.#create(
        topicConfig(wanted.name, {
          readQueueNums: queueNums,
          writeQueueNums: queueNums,
          perm: model.perm & ~Permission.INHERIT,
          topicSysFlag: wanted.topicSysFlag,
          topicFilterType: model.topicFilterType,
        }),
      );
    }
    if (!wanted.name.startsWith(RETRY_PREFIX)) return null;
    return this.createForGroup(wanted.name, { queueNums: 1, topicSysFlag: wanted.topicSysFlag });
  }

  /** The retry or dead-letter topic of a group, made when it is missing. */
  async createForGroup(
    name: string,
    parts: { queueNums: number; topicSysFlag?: number; order?: boolean },
  ): Promise<TopicConfig> {
    const existing = this.find(name);
    const order = parts.order ?? false;
    if (existing !== null) {
      if (parts.order === undefined || existing.order === order) return this.#durable(existing);
      return this.#create({ ...existing, order });
    }
    return this.#create(
      topicConfig(name, {
        readQueueNums: parts.queueNums,
        writeQueueNums: parts.queueNums,
        perm: READ_WRITE,
        topicSysFlag: parts.topicSysFlag ?? 0,
        order,
      }),
    );
  }

  /**
   * Becomes a master's table, its version included. Topics that the master does not have are
   * forgotten and then given to `destroy`, as {@link remove} does.
   */
  async adopt(
    { topics, dataVersion }: TopicTable,
    destroy: (name: string) => Promise<void>,
  ): Promise<void> {
    const wanted = new Map(topics.map((topic) => [topic.topicName, topic]));
    const gone = [...this.#table.keys()].filter((name) => !wanted.has(name));
    const changed = topics.filter((topic) => {
      const old = this.find(topic.topicName);
      return old === null || !sameTopicConfig(old, topic);
    });
    for (const name of gone) {
      this.#table.delete(name);
      this.#events.removed(name);
    }
    for (const name of gone) await destroy(name);
    await this.#save(changed, dataVersion, () => this.#files.save());
    for (const topic of changed) if (this.#isCurrent(topic)) this.#events.changed(topic);
  }

  /** Marks topics that the name servers hold an order configuration for. */
  async markOrdered(names: Iterable<string>): Promise<void> {
    const changed = [...names].flatMap((name) => {
      const topic = this.find(name);
      return topic === null || topic.order ? [] : [{ ...topic, order: true }];
    });
    if (changed.length > 0) await this.#put(changed);
  }

  /**
   * Forgets the topic, lets `destroy` remove its data, then writes the file: a crash in between
   * leaves an empty topic, which can be deleted again. False when there was no such topic.
   */
  async remove(name: string, destroy: () => Promise<void>): Promise<boolean> {
    if (!this.#table.delete(name)) return false;
    this.#version = nextDataVersion(this.#version, this.#options.now());
    this.#events.removed(name);
    await destroy();
    await this.#files.save();
    return true;
  }

  /** Writes the table as it stands and waits for whatever is being written. */
  async close(): Promise<void> {
    await this.#files.close();
  }

  #mayInherit(model: TopicConfig): boolean {
    const switchedOff =
      model.topicName === SystemTopic.AUTO_CREATE && !this.#options.autoCreateTopicEnable();
    return isInherited(model.perm) && !switchedOff;
  }

  /** A topic another request is just making: not before its file is written. */
  async #durable(topic: TopicConfig): Promise<TopicConfig> {
    await this.#files.pending();
    return topic;
  }

  async #create(topic: TopicConfig): Promise<TopicConfig> {
    await this.#put([topic]);
    return topic;
  }

  async #put(topics: readonly TopicConfig[]): Promise<void> {
    const version = nextDataVersion(this.#version, this.#options.now());
    await this.#save(topics, version, () => this.#files.saveChanged(topics, version));
    for (const topic of topics) if (this.#isCurrent(topic)) this.#events.changed(topic);
  }

  async #save(
    topics: readonly TopicConfig[],
    version: DataVersion,
    write: () => Promise<void>,
  ): Promise<void> {
    const before = new Map(topics.map(({ topicName }) => [topicName, this.find(topicName)]));
    for (const topic of topics) this.#table.set(topic.topicName, topic);
    this.#version = version;
    try {
      await write();
    } catch (error) {
      for (const topic of topics) this.#restore(topic, before.get(topic.topicName) ?? null);
      throw error;
    }
  }

  #restore(topic: TopicConfig, before: TopicConfig | null): void {
    if (!this.#isCurrent(topic)) return;
    if (before === null) this.#table.delete(topic.topicName);
    else this.#table.set(topic.topicName, before);
  }

  #isCurrent(topic: TopicConfig): boolean {
    return this.#table.get(topic.topicName) === topic;
  }
}

function sameTopicConfig(left: TopicConfig, right: TopicConfig): boolean {
  const text = (topic: TopicConfig): string =>
    stringifyJson({ ...topic, attributes: [...topic.attributes].sort() });
  return text(left) === text(right);
}

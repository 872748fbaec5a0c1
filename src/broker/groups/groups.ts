/**
 * The subscription groups of this broker (Java SubscriptionGroupManager) and
 * `subscriptionGroup.json`.
 *
 * Invariants: a group is durable before anyone is told of it; every change raises the data
 * version; RocketMQ's own groups exist from the start. Names are checked before they get in.
 */
import { type DataVersion, nextDataVersion } from '../../model/data-version.ts';
import { Permission } from '../../model/permission.ts';
import { type SubscriptionGroupConfig, subscriptionGroup } from '../../model/subscription-group.ts';
import { groupNameFault } from '../../model/topic-name.ts';
import type { JsonObject, JsonValue } from '../../remoting/fastjson.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';
import { decodeGroupTable, encodeGroupTable, type GroupTable } from './group-file.ts';

const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';
const CREATED_AT_START = [
  'TOOLS_CONSUMER',
  'FILTERSRV_CONSUMER',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PULL',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_RMQ_SYS_TRANS',
];

export interface GroupTableEvents {
  changed(group: SubscriptionGroupConfig): void;
  removed(name: string): void;
}

export interface GroupsOptions {
  path: string;
  now: () => number;
  autoCreateSubscriptionGroup: () => boolean;
}

export class Groups {
  readonly #table = new Map<string, SubscriptionGroupConfig>();
  readonly #file: MetadataFile<GroupTable>;
  readonly #options: GroupsOptions;
  readonly #events: GroupTableEvents;
  #forbidden: JsonObject = new Map();
  #foreign: ReadonlyMap<string, JsonObject> = new Map();
  #version: DataVersion;

  constructor(options: GroupsOptions, events: GroupTableEvents) {
    this.#options = options;
    this.#events = events;
    this.#version = { stateVersion: 0, timestamp: options.now(), counter: 0 };
    for (const name of CREATED_AT_START) this.#table.set(name, subscriptionGroup(name));
    this.#file = new MetadataFile(options.path, {
      encode: () => encodeGroupTable(this.table()),
      decode: decodeGroupTable,
    });
  }

  async load(onRejected: (path: string, reason: string) => void): Promise<void> {
    const loaded = await this.#file.load(onRejected);
    if (loaded === null) return;
    for (const group of loaded.groups) this.#table.set(group.groupName, group);
    this.#forbidden = loaded.forbidden;
    this.#foreign = loaded.foreign;
    this.#version = loaded.dataVersion;
  }

  find(name: string): SubscriptionGroupConfig | null {
    return this.#table.get(name) ?? null;
  }

  table(): GroupTable {
    return {
      groups: [...this.#table.values()],
      forbidden: this.#forbidden,
      foreign: this.#foreign,
      dataVersion: this.#version,
    };
  }

  /** Topics that the group may not read (Java `getForbidden`). */
  forbiddenTopics(name: string): string[] {
    const row = rowOf(this.#forbidden, name);
    return [...row].flatMap(([topic, bits]) => (isReadForbidden(bits) ? [String(topic)] : []));
  }

  /** Forbids or allows a group to read a topic, whether either exists yet or not. */
  async setForbidden(name: string, topic: string, isForbidden: boolean): Promise<void> {
    const before = this.#forbidden;
    const row = new Map(rowOf(before, name));
    const bits = Number(row.get(topic) ?? 0);
    const changed = isForbidden ? bits | Permission.READ : bits & ~Permission.READ;
    if (changed === bits) return;
    if (changed === 0) row.delete(topic);
    else row.set(topic, changed);
    const table = new Map(before);
    if (row.size === 0) table.delete(name);
    else table.set(name, row);
    this.#forbidden = table;
    this.#version = nextDataVersion(this.#version, this.#options.now());
    try {
      await this.#file.save();
    } catch (error) {
      if (this.#forbidden === table) this.#forbidden = before;
      throw error;
    }
    const group = this.find(name);
    if (group !== null) this.#events.changed(group);
  }

  get size(): number {
    return this.#table.size;
  }

  /** The group, made when it may be; null when it does not exist and may not be made. */
  async findOrCreate(name: string): Promise<SubscriptionGroupConfig | null> {
    const existing = this.find(name);
    if (existing !== null) {
      await this.#file.pending();
      return existing;
    }
    const allowed =
      this.#options.autoCreateSubscriptionGroup() || name.startsWith(SYSTEM_GROUP_PREFIX);
    if (!allowed || groupNameFault(name) !== null) return null;
    const group = subscriptionGroup(name);
    await this.updateAll([group]);
    return group;
  }

  /** Creates or replaces with one write. */
  async updateAll(groups: readonly SubscriptionGroupConfig[]): Promise<void> {
    if (groups.length === 0) return;
    const before = groups.map(({ groupName }) => [groupName, this.find(groupName)] as const);
    for (const group of groups) this.#table.set(group.groupName, group);
    this.#version = nextDataVersion(this.#version, this.#options.now());
    try {
      await this.#file.save();
    } catch (error) {
      for (const [name, old] of before) this.#restore(name, old);
      throw error;
    }
    for (const { groupName } of groups) {
      const current = this.find(groupName);
      if (current !== null) this.#events.changed(current);
    }
  }

  /** Becomes a master's table, its version included. */
  async adopt({ groups, forbidden, foreign, dataVersion }: GroupTable): Promise<void> {
    const wanted = new Set(groups.map(({ groupName }) => groupName));
    for (const name of [...this.#table.keys()].filter((each) => !wanted.has(each))) {
      this.#table.delete(name);
      this.#events.removed(name);
    }
    for (const group of groups) this.#table.set(group.groupName, group);
    this.#forbidden = forbidden;
    this.#foreign = foreign;
    this.#version = dataVersion;
    await this.#file.save();
    for (const group of groups) this.#events.changed(group);
  }

  /** False when there was no such group. */
  async remove(name: string): Promise<boolean> {
    if (!this.#table.delete(name)) return false;
    this.#forbidden = new Map([...this.#forbidden].filter(([group]) => group !== name));
    this.#version = nextDataVersion(this.#version, this.#options.now());
    this.#events.removed(name);
    await this.#file.save();
    return true;
  }

  async close(): Promise<void> {
    await this.#file.save();
  }

  #restore(name: string, old: SubscriptionGroupConfig | null): void {
    if (old === null) this.#table.delete(name);
    else this.#table.set(name, old);
  }
}

function rowOf(table: JsonObject, name: string): JsonObject {
  const row = table.get(name);
  return row instanceof Map ? row : new Map();
}

/** Java marks a forbidden permission with the permission's own bit. */
function isReadForbidden(bits: JsonValue | undefined): boolean {
  return (Number(bits) & Permission.READ) !== 0;
}

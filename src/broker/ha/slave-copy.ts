/**
 * A slave's copy of what its master has besides the log (Java SlaveSynchronize): topics, groups,
 * consumer offsets, progress of delay levels, request modes.
 *
 * Invariants: nothing is copied unless the master's log is being taken, before and after the
 * answer, so that a broker with another history changes nothing here; a topic whose data the
 * master has deleted is deleted here; offsets follow {@link mergeOffsets}. A table that cannot be
 * had leaves the others to be copied; that is logged once until it can be had again.
 *
 * A master of turbopump is asked at every call, for what it has changed; one of RocketMQ, which
 * sends all of it each time, every {@link WHOLE_TABLES_EVERY_MS}.
 */
import type { ConsumerOffset, DataPlane } from '../../dataplane/data-plane.ts';
import type { Logger } from '../../logging/logger.ts';
import type { RemotingClient } from '../../remoting/client.ts';
import type { Groups } from '../groups/groups.ts';
import type { StoredOffsets } from '../offsets/offset-file.ts';
import type { Offsets } from '../offsets/offsets.ts';
import type { RequestModes } from '../rebalance/request-modes.ts';
import type { Topics } from '../topics/topics.ts';
import { MasterTables } from './master-tables.ts';
import { type CopiedOffsets, mergeOffsets, offsetsByKey } from './offset-merge.ts';
import type { TableTag } from './table-tag.ts';

/** RocketMQ's own slaves ask every 60 s. */
const WHOLE_TABLES_EVERY_MS = 10_000;
/**
 * Delay progress and request modes: the one may cost the master a sync of its log and a slave
 * delivers nothing by it, the others change by hand.
 */
const RARE_EVERY_MS = 5000;
/** Commits carried back in one round; the rest follows in the next. */
const COMMITS_A_ROUND_MAX = 500;

export interface SlaveCopyParts {
  client: RemotingClient;
  dataPlane: DataPlane;
  topics: Topics;
  groups: Groups;
  offsets: Offsets;
  requestModes: RequestModes;
  /** Puts decided policy in force now. */
  publish: () => void;
  now: () => number;
  log: Logger;
}

export class SlaveCopy {
  readonly #parts: SlaveCopyParts;
  readonly #failing = new Set<string>();
  #topicTag: TableTag | null = null;
  #groupTag: TableTag | null = null;
  #offsetTag: TableTag | null = null;
  #copied: CopiedOffsets | null = null;
  #notBeforeMs = 0;
  #rareNotBeforeMs = 0;

  constructor(parts: SlaveCopyParts) {
    this.#parts = parts;
  }

  /** One round; never rejects. */
  async run(masterAddress: string): Promise<void> {
    if (!this.isFollowing() || this.#parts.now() < this.#notBeforeMs) return;
    const master = new MasterTables(this.#parts.client, masterAddress);
    await this.#attempt('topics', () => this.#copyTopics(master));
    await this.#attempt('groups', () => this.#copyGroups(master));
    await this.#attempt('consumer offsets', () => this.#copyOffsets(master));
    if (this.#parts.now() < this.#rareNotBeforeMs) return;
    this.#rareNotBeforeMs = this.#parts.now() + RARE_EVERY_MS;
    await this.#attempt('delay progress', () => this.#copyDelays(master));
    await this.#attempt('request modes', () => this.#copyRequestModes(master));
  }

  /** Whether this slave's log is following its master's. */
  isFollowing(): boolean {
    const link = this.#parts.dataPlane.replicationStatus().master;
    return link?.connected === true && link.refusal === null && link.lastReadTimestamp > 0;
  }

  async #copyTopics(master: MasterTables): Promise<void> {
    const { tag, table } = await master.topics(this.#topicTag);
    this.#paceBy(tag);
    if (table === null || !this.isFollowing()) return;
    await this.#parts.topics.adopt(table, async (gone) => {
      this.#parts.publish();
      await this.#parts.dataPlane.deleteTopic(gone);
    });
    this.#topicTag = tag;
  }

  async #copyGroups(master: MasterTables): Promise<void> {
    const { tag, table } = await master.groups(this.#groupTag);
    if (table === null || !this.isFollowing()) return;
    await this.#parts.groups.adopt(table);
    this.#groupTag = tag;
  }

  async #copyOffsets(master: MasterTables): Promise<void> {
    const told = await this.#askOffsets(master);
    if (told === null || !this.isFollowing()) return;
    const { dataPlane } = this.#parts;
    const reset = this.#parts.offsets.laterReset(told.table);
    if (reset.length > 0) dataPlane.setConsumerOffsets(reset);
    this.#parts.offsets.learn(told.table.resets);
    const own = dataPlane.consumerOffsets().offsets;
    const masters = told.table.offsets;
    const merge = mergeOffsets(own, masters, told.boot, this.#copied);
    for (const group of merge.erasedGroups) dataPlane.eraseGroupOffsets(group);
    // Consumers commit here while this runs: nothing but a reset may undo that.
    if (merge.forward.length > 0) dataPlane.advanceConsumerOffsets(merge.forward);
    if (merge.back.length > 0) dataPlane.setConsumerOffsets(merge.back);
    this.#copied = { boot: told.boot, offsets: offsetsByKey(masters) };
    this.#offsetTag = told.tag;
    // Only a turbopump master never moves back for a commit: Java's would, past a newer one.
    if (told.tag !== null) await this.#carryBack(master, merge.ahead);
  }

  /** Null when nothing changed, or the master began a new life while it was asked. */
  async #askOffsets(
    master: MasterTables,
  ): Promise<{ boot: string; tag: TableTag | null; table: StoredOffsets } | null> {
    const { tag, table } = await master.offsets(this.#offsetTag);
    if (table === null) return null;
    if (tag !== null) return { boot: tag.boot, tag, table };
    const boot = await master.boot();
    const again = await master.offsets(null);
    if (again.table === null || boot !== (await master.boot())) return null;
    return { boot, tag: null, table: again.table };
  }

  /** What consumers committed here while the master was away. */
  async #carryBack(master: MasterTables, ahead: readonly ConsumerOffset[]): Promise<void> {
    if (ahead.length === 0) return;
    for (const offset of ahead.slice(0, COMMITS_A_ROUND_MAX)) await master.commit(offset);
    this.#parts.log.info({ offsets: ahead.length }, 'the master was behind in offsets; told it');
  }

  async #copyDelays(master: MasterTables): Promise<void> {
    const progress = await master.delays();
    if (progress.length > 0 && this.isFollowing()) {
      this.#parts.dataPlane.setDelayProgress(progress);
    }
  }

  async #copyRequestModes(master: MasterTables): Promise<void> {
    const modes = await master.requestModes();
    if (modes !== null && this.isFollowing()) await this.#parts.requestModes.adopt(modes);
  }

  #paceBy(tag: TableTag | null): void {
    if (tag === null) this.#notBeforeMs = this.#parts.now() + WHOLE_TABLES_EVERY_MS;
  }

  async #attempt(what: string, copy: () => Promise<void>): Promise<void> {
    try {
      await copy();
      if (this.#failing.delete(what)) this.#parts.log.info({ what }, 'copied again');
    } catch (error) {
      if (this.#failing.has(what)) return;
      this.#failing.add(what);
      this.#parts.log.warn({ what, err: error }, 'cannot copy from the master; trying on');
    }
  }
}

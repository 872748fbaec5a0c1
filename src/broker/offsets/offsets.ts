/**
 * Consumer offsets as the file keeps them (Java ConsumerOffsetManager). The live table is the
 * data plane's; here it is loaded before the first request, written when its version moved, and
 * read for the questions that tools ask.
 *
 * An offset moves back only for an administrator. When that was is remembered with it, so that of
 * a master and a slave that were apart the one that knows of the later reset is believed.
 */
import type { ConsumerOffset, DataPlane } from '../../dataplane/data-plane.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';
import {
  decodeOffsetTable,
  encodeOffsetTable,
  type OffsetReset,
  type OffsetTable,
  offsetTableJson,
  type StoredOffsets,
} from './offset-file.ts';

/** Resets that are remembered; the oldest go first. */
const RESETS_MAX = 10_000;

export class Offsets {
  readonly #dataPlane: DataPlane;
  readonly #now: () => number;
  readonly #file: MetadataFile<StoredOffsets>;
  /** By {@link placeKey}, oldest first. */
  readonly #resets = new Map<string, OffsetReset>();
  #resetsVersion = 0;
  #savedVersion = -1;
  /** What the next write holds, taken when it was asked for. */
  #table: OffsetTable = { version: 0, offsets: [], resets: [], savedMs: 0 };

  constructor(path: string, dataPlane: DataPlane, now: () => number) {
    this.#dataPlane = dataPlane;
    this.#now = now;
    this.#file = new MetadataFile(path, {
      encode: () => encodeOffsetTable(this.#table),
      decode: decodeOffsetTable,
    });
  }

  async load(onRejected: (path: string, reason: string) => void): Promise<void> {
    const loaded = await this.#file.load(onRejected);
    if (loaded === null) return;
    if (loaded.offsets.length > 0) this.#dataPlane.setConsumerOffsets([...loaded.offsets]);
    this.#remember([...loaded.resets].sort((one, other) => one.resetMs - other.resetMs));
  }

  /** Puts groups where an administrator wants them, from now on. Not saved yet. */
  reset(offsets: ConsumerOffset[]): void {
    const nowMs = this.#now();
    const resets = offsets.map(({ group, topic, queueId }) => {
      const before = this.#resets.get(placeKey({ group, topic, queueId }))?.resetMs ?? 0;
      return { group, topic, queueId, resetMs: Math.max(nowMs, before + 1) };
    });
    this.#dataPlane.resetConsumerOffsets(offsets);
    this.#remember(resets);
  }

  /** Of the offsets that a peer told, those that it knows a later reset of than this broker. */
  laterReset({ offsets, resets }: StoredOffsets): ConsumerOffset[] {
    const later = new Set(resets.filter((each) => this.#isNews(each)).map(placeKey));
    return offsets.filter((each) => later.has(placeKey(each)));
  }

  /**
   * Of the offsets that a peer told, those that no reset which it does not know of has outdated. A
   * RocketMQ peer knows of none: what it has of an offset that was ever reset here is not believed.
   */
  notOutdated({ offsets, resets }: StoredOffsets): ConsumerOffset[] {
    const told = new Map(resets.map((each) => [placeKey(each), each.resetMs]));
    return offsets.filter((each) => {
      const key = placeKey(each);
      return (this.#resets.get(key)?.resetMs ?? 0) <= (told.get(key) ?? 0);
    });
  }

  /** A peer's resets, now that its offsets were taken. */
  learn(resets: readonly OffsetReset[]): void {
    this.#remember(resets.filter((each) => this.#isNews(each)));
  }

  #isNews(reset: OffsetReset): boolean {
    return reset.resetMs > (this.#resets.get(placeKey(reset))?.resetMs ?? 0);
  }

  #remember(resets: readonly OffsetReset[]): void {
    this.#resetsVersion += resets.length;
    for (const reset of resets) {
      this.#resets.delete(placeKey(reset));
      this.#resets.set(placeKey(reset), reset);
    }
    for (const oldest of this.#resets.keys()) {
      if (this.#resets.size <= RESETS_MAX) break;
      this.#resets.delete(oldest);
    }
  }

  /**
   * Writes the offsets when any moved since the last write. They are taken before this returns,
   * so that the data plane may be closed right after.
   */
  async save(): Promise<void> {
    const current = this.#current();
    if (current.version === this.#savedVersion) return;
    this.#table = current;
    await this.#file.save();
    this.#savedVersion = current.version;
  }

  /** Changes whenever an offset does; counts from the start again with every process. */
  get version(): number {
    return this.#dataPlane.consumerOffsets().version + this.#resetsVersion;
  }

  all(): readonly ConsumerOffset[] {
    return this.#dataPlane.consumerOffsets().offsets;
  }

  /** Queue id → offset of one group in one topic. */
  of(group: string, topic: string): Map<number, number> {
    const found = this.#ofGroup(group).filter((each) => each.topic === topic);
    return new Map(found.map((each) => [each.queueId, each.offset]));
  }

  groupsOf(topic: string): string[] {
    return this.#dataPlane.topicGroups(topic);
  }

  topicsOf(group: string): string[] {
    return [...new Set(this.#ofGroup(group).map(({ topic }) => topic))];
  }

  /** Group → topic → queue id → offset, of all groups. */
  byGroup(): Map<string, Map<string, Map<number, number>>> {
    const groups = new Map<string, Map<string, Map<number, number>>>();
    for (const { group, topic, queueId, offset } of this.all()) {
      const topics = groups.get(group) ?? new Map<string, Map<number, number>>();
      const queues = topics.get(topic) ?? new Map<number, number>();
      groups.set(group, topics.set(topic, queues.set(queueId, offset)));
    }
    return groups;
  }

  #ofGroup(group: string): ConsumerOffset[] {
    return this.#dataPlane.groupOffsets(group);
  }

  json() {
    return offsetTableJson(this.#current());
  }

  #current(): OffsetTable {
    const { offsets, version } = this.#dataPlane.consumerOffsets();
    const resets = [...this.#resets.values()];
    return { offsets, resets, version: version + this.#resetsVersion, savedMs: this.#now() };
  }
}

function placeKey({ group, topic, queueId }: Omit<OffsetReset, 'resetMs'>): string {
  return `${topic}@${group}@${queueId}`;
}

/**
 * Consumer offsets as the file keeps them (Java ConsumerOffsetManager). The live table is the
 * data plane's; here it is loaded before the first request, written when its version moved, and
 * read for the questions that tools ask.
 */
import type { ConsumerOffset, DataPlane } from '../../dataplane/data-plane.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';
import {
  decodeOffsetTable,
  encodeOffsetTable,
  type OffsetTable,
  offsetTableJson,
} from './offset-file.ts';

export class Offsets {
  readonly #dataPlane: DataPlane;
  readonly #now: () => number;
  readonly #file: MetadataFile<ConsumerOffset[]>;
  #savedVersion = -1;
  /** What the next write holds, taken when it was asked for. */
  #table: OffsetTable = { version: 0, offsets: [], savedMs: 0 };

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
    if (loaded !== null && loaded.length > 0) this.#dataPlane.setConsumerOffsets(loaded);
  }

  /**
   * Writes the offsets when any moved since the last write. They are taken before this returns,
   * so that the data plane may be closed right after.
   */
  async save(): Promise<void> {
    const current = this.#dataPlane.consumerOffsets();
    if (current.version === this.#savedVersion) return;
    this.#table = { ...current, savedMs: this.#now() };
    await this.#file.save();
    this.#savedVersion = current.version;
  }

  /** Changes whenever an offset does; counts from the start again with every process. */
  get version(): number {
    return this.#dataPlane.consumerOffsets().version;
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
    return unique(
      this.all().filter((each) => each.topic === topic),
      'group',
    );
  }

  topicsOf(group: string): string[] {
    return unique(this.#ofGroup(group), 'topic');
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
    return offsetTableJson({ ...this.#dataPlane.consumerOffsets(), savedMs: this.#now() });
  }
}

function unique(offsets: ConsumerOffset[], member: 'group' | 'topic'): string[] {
  return [...new Set(offsets.map((each) => each[member]))];
}

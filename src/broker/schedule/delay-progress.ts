/**
 * How far each delay level has been delivered, as `delayOffset.json` keeps it (Java
 * ScheduleMessageService). The data plane delivers and counts; a crash delivers again what was
 * delivered since the last write, as RocketMQ does.
 */
import type { DataPlane, DelayProgress } from '../../dataplane/data-plane.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';
import {
  type DelayTable,
  decodeDelayTable,
  delayTableJson,
  encodeDelayTable,
} from './delay-offset-file.ts';

export class Delays {
  readonly #dataPlane: DataPlane;
  readonly #now: () => number;
  readonly #file: MetadataFile<DelayProgress[]>;
  #saves = 0;
  #saved = '';
  /** What the next write holds, taken when it was asked for. */
  #progress: readonly DelayProgress[] = [];

  constructor(path: string, dataPlane: DataPlane, now: () => number) {
    this.#dataPlane = dataPlane;
    this.#now = now;
    this.#file = new MetadataFile(path, {
      encode: () => encodeDelayTable(this.#table(this.#progress)),
      decode: decodeDelayTable,
    });
  }

  async load(onRejected: (path: string, reason: string) => void): Promise<void> {
    const loaded = await this.#file.load(onRejected);
    if (loaded !== null && loaded.length > 0) this.#dataPlane.setDelayProgress(loaded);
  }

  /**
   * Writes the progress when any level moved since the last write. It is taken before this
   * returns, so that the data plane may be closed right after.
   */
  async save(): Promise<void> {
    const progress = this.#dataPlane.delayProgress();
    const text = JSON.stringify(progress);
    if (text === this.#saved) return;
    this.#progress = progress;
    this.#saves += 1;
    await this.#file.save();
    this.#saved = text;
  }

  all(): readonly DelayProgress[] {
    return this.#dataPlane.delayProgress();
  }

  json() {
    return delayTableJson(this.#table(this.#dataPlane.delayProgress()));
  }

  #table(progress: readonly DelayProgress[]): DelayTable {
    return { progress, saves: this.#saves, savedMs: this.#now() };
  }
}

/**
 * How far each delay level has been delivered, as `delayOffset.json` keeps it (Java
 * ScheduleMessageService). The data plane delivers and counts; a crash delivers again what was
 * delivered since the last write, as RocketMQ does.
 */
import type { DataPlane, DelayProgress } from '../../dataplane/data-plane.ts';
import { MetadataFile } from '../metadata/metadata-file.ts';
import { decodeDelayTable, delayTableJson, encodeDelayTable } from './delay-offset-file.ts';

export class Delays {
  readonly #dataPlane: DataPlane;
  readonly #now: () => number;
  readonly #file: MetadataFile<DelayProgress[]>;
  #saves = 0;
  #saved = '';

  constructor(path: string, dataPlane: DataPlane, now: () => number) {
    this.#dataPlane = dataPlane;
    this.#now = now;
    this.#file = new MetadataFile(path, {
      encode: () => encodeDelayTable(this.#table()),
      decode: decodeDelayTable,
    });
  }

  async load(onRejected: (path: string, reason: string) => void): Promise<void> {
    const loaded = await this.#file.load(onRejected);
    if (loaded !== null && loaded.length > 0) this.#dataPlane.setDelayProgress(loaded);
  }

  /** Writes the progress when any level moved since the last write. */
  async save(): Promise<void> {
    const progress = JSON.stringify(this.#dataPlane.delayProgress());
    if (progress === this.#saved) return;
    this.#saves += 1;
    await this.#file.save();
    this.#saved = progress;
  }

  all(): readonly DelayProgress[] {
    return this.#dataPlane.delayProgress();
  }

  json() {
    return delayTableJson(this.#table());
  }

  #table() {
    return {
      progress: this.#dataPlane.delayProgress(),
      saves: this.#saves,
      savedMs: this.#now(),
    };
  }
}

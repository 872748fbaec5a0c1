/**
 * One JSON file under `store/config`, written whole and crash-atomic (Java ConfigManager).
 *
 * Invariants: writes of one file never overlap; any number of saves asked for while one runs
 * become one further write, whose content is taken when it starts, so that a burst of new topics
 * costs two writes; `save` resolves only when its content is durable and rejects when it is not.
 */
import { loadFile, replaceFile } from '../../config/durable-file.ts';

export interface MetadataForm<T> {
  encode(): string;
  decode(text: string): T;
}

export class MetadataFile<T> {
  readonly path: string;
  readonly #form: MetadataForm<T>;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | null = null;

  constructor(path: string, form: MetadataForm<T>) {
    this.path = path;
    this.#form = form;
  }

  /** The file's content, else its backup's, else null; `onRejected` hears of unusable ones. */
  async load(onRejected: (path: string, reason: string) => void): Promise<T | null> {
    const loaded = await loadFile(this.path, (text) => this.#form.decode(text));
    for (const { path, reason } of loaded.rejected) onRejected(path, reason);
    return loaded.value;
  }

  save(): Promise<void> {
    this.#queued ??= this.#saveAfter(this.#writing);
    return this.#queued;
  }

  /** Resolves when what was asked for so far is durable; rejects when its write failed. */
  pending(): Promise<void> {
    return this.#queued ?? this.#writing;
  }

  async #saveAfter(running: Promise<void>): Promise<void> {
    // Whoever asked for the running write hears its failure; this one is tried all the same.
    await running.catch(() => undefined);
    this.#queued = null;
    this.#writing = replaceFile(this.path, this.#form.encode());
    await this.#writing;
  }
}

/**
 * Lines appended beside a large metadata file, each a change since the file was written whole.
 *
 * Form: the first line names what the file beside it held (`base`), one change a line follows. A
 * change that another base precedes is none: it is in the file already, or the file was replaced
 * by somebody else (RocketMQ, an operator).
 * Invariants: `append` resolves only when its line is durable; lines asked for while a write runs
 * become one further write; after a failed write nothing is appended until another base begins, for
 * lines behind a torn one are never read.
 * Refuses to read past the first line that is not whole.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing, syncFolder } from '../../config/durable-file.ts';

interface Batch {
  readonly base: string;
  readonly lines: string[];
  readonly written: Promise<void>;
}

export class ChangeLog {
  readonly path: string;
  #handle: FileHandle | null = null;
  /** Of the file that `#handle` writes. */
  #base: string | null = null;
  #torn = false;
  #batch: Batch | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** The changes that follow the base, in their order; none of any other. */
  async changesSince(base: string): Promise<string[]> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return '';
      throw error;
    });
    // What a crash tore has no line break, and was promised to nobody.
    const [first, ...changes] = text.split('\n').slice(0, -1);
    return first === base ? changes : [];
  }

  append(base: string, line: string): Promise<void> {
    if (this.#batch?.base !== base) this.#batch = this.#begin(base);
    this.#batch.lines.push(line);
    return this.#batch.written;
  }

  /** Waits for what is being written; the next append begins the file anew. */
  async close(): Promise<void> {
    // Whoever appended has heard of a failure.
    await this.#writing.catch(() => undefined);
    await this.#end();
  }

  #begin(base: string): Batch {
    const before = this.#writing;
    const lines: string[] = [];
    const written = before
      .catch(() => undefined)
      .then(() => {
        if (this.#batch?.lines === lines) this.#batch = null;
        return this.#write(base, lines);
      });
    this.#writing = written;
    return { base, lines, written };
  }

  async #write(base: string, lines: readonly string[]): Promise<void> {
    const isNew = this.#base !== base;
    if (isNew) await this.#create(base);
    if (this.#torn || this.#handle === null) throw new Error(`${this.path}: a write failed before`);
    try {
      await this.#handle.appendFile(`${lines.join('\n')}\n`);
      await this.#handle.datasync();
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    if (isNew) await syncFolder(dirname(this.path));
  }

  async #create(base: string): Promise<void> {
    await this.#end();
    const { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } = constants;
    this.#handle = await open(this.path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    this.#torn = false;
    this.#base = base;
    try {
      await this.#handle.appendFile(`${base}\n`);
    } catch (error) {
      this.#torn = true;
      throw error;
    }
  }

  async #end(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#base = null;
    await handle?.close();
  }
}

/**
 * Starts parts in order and stops them in reverse.
 *
 * Invariants: a part is stopped exactly when its start had succeeded; when a start fails the
 * parts before it are stopped before the failure is thrown; a part that fails to stop does not
 * keep the others from stopping; `stop` is idempotent and every caller awaits the same end.
 */
export interface Part {
  readonly name: string;
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

export class Lifecycle {
  readonly #parts: readonly Part[];
  #started: Part[] = [];
  #stopping: Promise<void> | null = null;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.start();
      } catch (error) {
        await this.stop();
        throw error;
      }
      this.#started.push(part);
    }
  }

  /** Throws one AggregateError when any part failed to stop. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const faults: unknown[] = [];
    for (const part of this.#started.reverse()) {
      try {
        await part.stop();
      } catch (cause) {
        faults.push(new Error(`${part.name} did not stop`, { cause }));
      }
    }
    this.#started = [];
    if (faults.length > 0) {
      throw new AggregateError(faults, 'not everything stopped');
    }
  }
}

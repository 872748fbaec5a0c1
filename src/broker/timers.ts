/**
 * The broker's periodic work. A task never overlaps itself, a failure is logged and the task
 * comes again, and `stop` leaves no timer and waits for what runs.
 */
import type { Logger } from '../logging/logger.ts';

export class Timers {
  readonly #log: Logger;
  readonly #pending = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Runs the task after each interval, which is asked for anew every time. */
  every(intervalMs: () => number, what: string, task: () => void | Promise<void>): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      const running = this.#run(what, task).finally(() => {
        this.#running.delete(running);
        this.every(intervalMs, what, task);
      });
      this.#running.add(running);
    }, intervalMs());
    this.#pending.add(timer);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
    await Promise.all(this.#running);
  }

  async #run(what: string, task: () => void | Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#log.error({ err: error }, `${what} failed`);
    }
  }
}

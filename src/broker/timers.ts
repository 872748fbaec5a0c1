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

  /**
   * Runs the task after each interval, which is asked for anew every time. What it returns begins
   * the wait anew, for an interval that has changed; a task that runs is left alone.
   */
  every(intervalMs: () => number, what: string, task: () => void | Promise<void>): () => void {
    let timer: NodeJS.Timeout | null = null;
    const wait = (): void => {
      if (this.#stopped) return;
      const started = setTimeout(() => {
        this.#pending.delete(started);
        timer = null;
        const running = this.#run(what, task).finally(() => {
          this.#running.delete(running);
          wait();
        });
        this.#running.add(running);
      }, intervalMs());
      timer = started;
      this.#pending.add(started);
    };
    wait();
    return () => {
      if (timer === null) return;
      clearTimeout(timer);
      this.#pending.delete(timer);
      wait();
    };
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

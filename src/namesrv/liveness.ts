/** Looks for silent brokers every `scanNotActiveBrokerInterval` (Java default 5 s). */
import type { Logger } from '../logging/logger.ts';
import type { RouteTable } from './route-table.ts';

export class Liveness {
  readonly #routes: RouteTable;
  readonly #intervalMs: () => number;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | null = null;

  constructor(routes: RouteTable, intervalMs: () => number, logger: Logger) {
    this.#routes = routes;
    this.#intervalMs = intervalMs;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#scan(), this.#intervalMs());
  }

  stop(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }

  #scan(): void {
    for (const broker of this.#routes.removeSilent()) {
      this.#logger.warn({ ...broker }, 'broker removed: no sign of life');
    }
    this.start();
  }
}

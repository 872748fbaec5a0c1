/**
 * Tells the operator of a master who was sent away from its HA port, and why: each address and
 * reason once, however often it comes back, and {@link TOLD_MAX} at most in one life.
 */
import type { DataPlane } from '../../dataplane/data-plane.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Timers } from '../timers.ts';

const LOOK_EVERY_MS = 1000;
const TOLD_MAX = 1000;

export class RefusedPeers {
  readonly #dataPlane: DataPlane;
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor(dataPlane: DataPlane, log: Logger) {
    this.#dataPlane = dataPlane;
    this.#log = log;
  }

  start(timers: Timers): void {
    timers.every(
      () => LOOK_EVERY_MS,
      'looking for refused peers',
      () => this.tell(),
    );
  }

  tell(): void {
    for (const { address, reason } of this.#dataPlane.replicationStatus().refusedPeers) {
      const key = `${address} ${reason}`;
      if (this.#told.has(key) || this.#told.size >= TOLD_MAX) continue;
      this.#told.add(key);
      this.#log.warn({ address, reason }, 'sent a peer away from the HA port');
    }
  }
}

/**
 * Rates of totals that only rise, over the last 10 s, 60 s and 600 s: the three figures that
 * `putTps` and `getTransferredTps` of the runtime info carry (Java StoreStatsService).
 *
 * Samples are taken every 10 s and kept for 10 minutes: 61 of them, whatever the traffic.
 */
export const SAMPLE_INTERVAL_MS = 10_000;

const SAMPLES_KEPT = 61;
const WINDOWS_MS = [10_000, 60_000, 600_000];

interface Sample {
  atMs: number;
  total: number;
}

export class RateWindow {
  readonly #samples: Sample[] = [];

  /** `sinceMs` is when the total was last known to be 0, for a name that appeared later. */
  constructor(sinceMs: number | null = null) {
    if (sinceMs !== null) this.sample(sinceMs, 0);
  }

  sample(atMs: number, total: number): void {
    this.#samples.push({ atMs, total });
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
  }

  /** Per second since the newest sample at least as old as the window, else the oldest. */
  rate(atMs: number, total: number, windowMs: number): number {
    const old = this.#samples.filter((sample) => atMs - sample.atMs >= windowMs);
    const base = old.at(-1) ?? this.#samples[0];
    if (base === undefined || atMs <= base.atMs) return 0;
    return ((total - base.total) * 1000) / (atMs - base.atMs);
  }

  /** The three rates as the runtime info writes them, separated by blanks. */
  text(atMs: number, total: number): string {
    return WINDOWS_MS.map((windowMs) => String(this.rate(atMs, total, windowMs))).join(' ');
  }
}

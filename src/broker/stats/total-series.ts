/**
 * Totals that only rise, remembered over a minute, an hour and a day (Java StatsItem).
 *
 * Java's figures are differences of two samples, so that they lag by up to a sampling period and
 * miss what came before the first sample. Here the end of every window is now and its beginning
 * is the newest sample outside of it, or the birth of the series: what was counted is in all
 * three figures at once, exactly. At most 7, 7 and 25 samples are kept, as in Java.
 */
import type { StatFigures, StatPeriods } from './stat-figures.ts';

/** One reading of the counters of one name. */
export type Totals = readonly number[];

interface Sample {
  atMs: number;
  totals: Totals;
}

const PERIODS = [
  { name: 'minute', spanMs: 60_000, everyMs: 10_000 },
  { name: 'hour', spanMs: 3_600_000, everyMs: 600_000 },
  { name: 'day', spanMs: 86_400_000, everyMs: 3_600_000 },
] as const;

/** A timer may come this much too early and its sample still counts. */
const SLACK_MS = 1000;

export class TotalSeries {
  readonly #windows: Sample[][];

  /** `sinceMs` is when everything was last known to be 0. */
  constructor(sinceMs: number) {
    this.#windows = PERIODS.map(() => [{ atMs: sinceMs, totals: [] }]);
  }

  /** To be called every 10 s. */
  sample(atMs: number, totals: Totals): void {
    for (const [index, { spanMs, everyMs }] of PERIODS.entries()) {
      const samples = this.#windows[index] ?? [];
      const newest = samples.at(-1);
      if (newest === undefined || atMs - newest.atMs >= everyMs - SLACK_MS) {
        samples.push({ atMs, totals });
      }
      while ((samples[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - spanMs) samples.shift();
    }
  }

  /** `sum` and `times` are places in the totals; `avgpt` is their quotient. */
  figures(atMs: number, totals: Totals, sum: number, times: number): StatPeriods {
    const of = (name: 'minute' | 'hour' | 'day'): StatFigures => {
      const base = this.#base(name, atMs);
      const grown = (place: number) => (totals[place] ?? 0) - (base.totals[place] ?? 0);
      const elapsedMs = atMs - base.atMs;
      const counted = grown(times);
      return {
        sum: grown(sum),
        tps: elapsedMs > 0 ? (grown(sum) * 1000) / elapsedMs : 0,
        avgpt: counted > 0 ? grown(sum) / counted : 0,
      };
    };
    return { minute: of('minute'), hour: of('hour'), day: of('day') };
  }

  #base(name: 'minute' | 'hour' | 'day', atMs: number): Sample {
    const index = PERIODS.findIndex((period) => period.name === name);
    const samples = this.#windows[index] ?? [];
    const spanMs = PERIODS[index]?.spanMs ?? 0;
    const outside = samples.filter((sample) => atMs - sample.atMs >= spanMs);
    return outside.at(-1) ?? samples[0] ?? { atMs, totals: [] };
  }
}

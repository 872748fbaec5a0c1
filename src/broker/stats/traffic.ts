/**
 * Rates and day totals of messages put and got, from the data plane's counters (Java BrokerStats,
 * StoreStatsService), and the stats by name that are sampled with them.
 *
 * Invariants: the data plane counts, this only samples; totals begin at the broker's start, as in
 * Java, and the two "morning" marks move at midnight of the machine's time zone.
 */
import type { Counters } from '../../dataplane/data-plane.ts';
import { BrokerStats } from './broker-stats.ts';
import { CounterReader, type CounterReading } from './counter-reading.ts';
import { RateWindow } from './rate-window.ts';
import type { StatPeriods } from './stat-figures.ts';

export interface DayTotals {
  yesterdayMorning: number;
  todayMorning: number;
  now: number;
}

/** Rates that the runtime info shows over three windows each. */
const RATES = {
  put: (reading: CounterReading) => reading.putMessages,
  getTransferred: (reading: CounterReading) => reading.getMessages,
  getFound: (reading: CounterReading) => reading.counters.foundPulls,
  getMiss: (reading: CounterReading) => reading.counters.missedPulls,
  getTotal: ({ counters }: CounterReading) => counters.foundPulls + counters.missedPulls,
};

export type RateName = keyof typeof RATES;
const RATE_NAMES = Object.keys(RATES) as RateName[];

export class Traffic {
  readonly #reader: CounterReader;
  readonly #now: () => number;
  readonly #stats: BrokerStats;
  readonly #rates = new Map(RATE_NAMES.map((name) => [name, new RateWindow()]));
  readonly #putDay: DayTotals = { yesterdayMorning: 0, todayMorning: 0, now: 0 };
  readonly #getDay: DayTotals = { yesterdayMorning: 0, todayMorning: 0, now: 0 };
  #day: number;

  constructor(counters: () => Counters, now: () => number, clusterName = '') {
    this.#reader = new CounterReader(counters);
    this.#now = now;
    this.#stats = new BrokerStats(clusterName, now());
    this.#day = dayOf(now());
    this.sample();
  }

  /** To be called every `SAMPLE_INTERVAL_MS`. */
  sample(): void {
    const atMs = this.#now();
    const reading = this.#reader.read();
    for (const [name, window] of this.#rates) window.sample(atMs, RATES[name](reading));
    this.#stats.sample(atMs, reading);
    this.#rollDay(atMs, reading);
  }

  /** Three rates per second, over 10 s, 60 s and 600 s, separated by blanks. */
  rates(name: RateName): string {
    const total = RATES[name](this.#reader.read());
    return (this.#rates.get(name) ?? new RateWindow()).text(this.#now(), total);
  }

  /** Messages per second of the last minute, or since the topic appeared. */
  topicPutTps(topic: string): number {
    return this.#stats.topicPutTps(topic, this.#now(), this.#reader.read());
  }

  groupGetTps(group: string, topic: string): number {
    return this.#stats.groupGetTps(group, topic, this.#now(), this.#reader.read());
  }

  /** A stat by Java's name for it, null when nothing was ever counted under it. */
  stat(name: string, key: string): StatPeriods | null {
    return this.#stats.find(name, key, this.#now(), this.#reader.read());
  }

  puts(): DayTotals {
    return { ...this.#putDay, now: this.#reader.read().putMessages };
  }

  gets(): DayTotals {
    return { ...this.#getDay, now: this.#reader.read().getMessages };
  }

  putBytes(): number {
    return this.#reader.read().putBytes;
  }

  failedPuts(): number {
    return this.#reader.read().counters.failedPuts;
  }

  #rollDay(atMs: number, reading: CounterReading): void {
    if (dayOf(atMs) === this.#day) return;
    this.#day = dayOf(atMs);
    for (const [totals, total] of [
      [this.#putDay, reading.putMessages],
      [this.#getDay, reading.getMessages],
    ] as const) {
      totals.yesterdayMorning = totals.todayMorning;
      totals.todayMorning = total;
    }
  }
}

/** Number of the local day. */
function dayOf(atMs: number): number {
  const date = new Date(atMs);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

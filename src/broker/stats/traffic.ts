/**
 * Rates and day totals of messages put and got, from the data plane's counters (Java BrokerStats
 * and BrokerStatsManager).
 *
 * Invariants: the data plane counts, this only samples; totals begin at the broker's start, as in
 * Java, and the two "morning" marks move at midnight of the machine's time zone.
 */
import type { Counters } from '../../dataplane/data-plane.ts';
import { RateWindow } from './rate-window.ts';

export interface DayTotals {
  yesterdayMorning: number;
  todayMorning: number;
  now: number;
}

const MINUTE_MS = 60_000;

export class Traffic {
  readonly #counters: () => Counters;
  readonly #now: () => number;
  readonly #put = new RateWindow();
  readonly #get = new RateWindow();
  readonly #topics = new Map<string, RateWindow>();
  readonly #groups = new Map<string, RateWindow>();
  readonly #putDay: DayTotals = { yesterdayMorning: 0, todayMorning: 0, now: 0 };
  readonly #getDay: DayTotals = { yesterdayMorning: 0, todayMorning: 0, now: 0 };
  #day: number;
  #sampledMs: number;

  constructor(counters: () => Counters, now: () => number) {
    this.#counters = counters;
    this.#now = now;
    this.#day = dayOf(now());
    this.#sampledMs = now();
    this.sample();
  }

  /** To be called every `SAMPLE_INTERVAL_MS`. */
  sample(): void {
    const atMs = this.#now();
    const counters = this.#counters();
    this.#put.sample(atMs, putTotal(counters));
    this.#get.sample(atMs, getTotal(counters));
    const times = { sinceMs: this.#sampledMs, atMs };
    sampleEach(
      this.#topics,
      times,
      counters.topics.map((each) => [each.topic, each.putMessages]),
    );
    sampleEach(
      this.#groups,
      times,
      counters.groups.map((each) => [groupKey(each.group, each.topic), each.getMessages]),
    );
    this.#rollDay(atMs, counters);
    this.#sampledMs = atMs;
  }

  putTps(): string {
    return this.#put.text(this.#now(), putTotal(this.#counters()));
  }

  getTransferredTps(): string {
    return this.#get.text(this.#now(), getTotal(this.#counters()));
  }

  /** Messages per second of the last minute, or since the topic appeared. */
  topicPutTps(topic: string): number {
    const counter = this.#counters().topics.find((each) => each.topic === topic);
    return this.#minuteRate(this.#topics.get(topic), counter?.putMessages ?? 0);
  }

  groupGetTps(group: string, topic: string): number {
    const counter = this.#counters().groups.find(
      (each) => each.group === group && each.topic === topic,
    );
    return this.#minuteRate(this.#groups.get(groupKey(group, topic)), counter?.getMessages ?? 0);
  }

  #minuteRate(window: RateWindow | undefined, total: number): number {
    // What no sample has seen yet was not there at the last one.
    const seen = window ?? new RateWindow(this.#sampledMs);
    return seen.rate(this.#now(), total, MINUTE_MS);
  }

  puts(): DayTotals {
    return { ...this.#putDay, now: putTotal(this.#counters()) };
  }

  gets(): DayTotals {
    return { ...this.#getDay, now: getTotal(this.#counters()) };
  }

  #rollDay(atMs: number, counters: Counters): void {
    if (dayOf(atMs) === this.#day) return;
    this.#day = dayOf(atMs);
    for (const [totals, total] of [
      [this.#putDay, putTotal(counters)],
      [this.#getDay, getTotal(counters)],
    ] as const) {
      totals.yesterdayMorning = totals.todayMorning;
      totals.todayMorning = total;
    }
  }
}

export function putTotal(counters: Counters): number {
  return counters.topics.reduce((sum, each) => sum + each.putMessages, 0);
}

export function getTotal(counters: Counters): number {
  return counters.groups.reduce((sum, each) => sum + each.getMessages, 0);
}

function groupKey(group: string, topic: string): string {
  return `${topic}@${group}`;
}

/** Windows of names that are gone go too, so that churn of topics grows nothing. */
function sampleEach(
  windows: Map<string, RateWindow>,
  times: { sinceMs: number; atMs: number },
  totals: [string, number][],
): void {
  const names = new Set(totals.map(([name]) => name));
  for (const name of windows.keys()) if (!names.has(name)) windows.delete(name);
  for (const [name, total] of totals) {
    const window = windows.get(name) ?? new RateWindow(times.sinceMs);
    window.sample(times.atMs, total);
    windows.set(name, window);
  }
}

/** Number of the local day. */
function dayOf(atMs: number): number {
  const date = new Date(atMs);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

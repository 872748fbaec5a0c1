/**
 * The data plane's counters, indexed by name.
 *
 * Reading them costs a row for every topic and group. A tool that asks for each of 20,000 topics
 * must not cause 20,000 readings of 20,000 rows: one that took long is used again for ten times
 * as long as it took. The readings of a small broker are always fresh.
 *
 * Totals only rise: what a topic or group counted before it was deleted stays in them.
 */
import { performance } from 'node:perf_hooks';
import type { Counters, GroupCount } from '../../dataplane/data-plane.ts';

const CHEAP_MS = 2;
const KEPT_FACTOR = 10;

interface Totals {
  putMessages: number;
  putBytes: number;
  getMessages: number;
}

export interface CounterReading extends Readonly<Totals> {
  readonly counters: Counters;
  readonly topics: ReadonlyMap<string, Counters['topics'][number]>;
  /** By {@link groupKey}. */
  readonly groups: ReadonlyMap<string, GroupCount>;
}

/** `topic@group`, as Java's stats name them. */
export function groupKey(group: string, topic: string): string {
  return `${topic}@${group}`;
}

export class CounterReader {
  readonly #counters: () => Counters;
  /** Counts of names that are gone, or that began anew. */
  readonly #gone: Totals = { putMessages: 0, putBytes: 0, getMessages: 0 };
  #last: CounterReading | null = null;
  #keptUntilMs = 0;

  constructor(counters: () => Counters) {
    this.#counters = counters;
  }

  read(): CounterReading {
    const beganMs = performance.now();
    if (this.#last !== null && beganMs < this.#keptUntilMs) return this.#last;
    const reading = this.#withTotals(indexed(this.#counters()));
    const endedMs = performance.now();
    const tookMs = endedMs - beganMs;
    this.#last = reading;
    this.#keptUntilMs = tookMs > CHEAP_MS ? endedMs + tookMs * KEPT_FACTOR : 0;
    return reading;
  }

  #withTotals(fresh: Omit<CounterReading, keyof Totals>): CounterReading {
    for (const [name, before] of this.#last?.topics ?? []) {
      if ((fresh.topics.get(name)?.putMessages ?? 0) >= before.putMessages) continue;
      this.#gone.putMessages += before.putMessages;
      this.#gone.putBytes += before.putBytes;
    }
    for (const [key, before] of this.#last?.groups ?? []) {
      if ((fresh.groups.get(key)?.getMessages ?? 0) >= before.getMessages) continue;
      this.#gone.getMessages += before.getMessages;
    }
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
    const { topics, groups } = fresh.counters;
    return {
      ...fresh,
      putMessages: this.#gone.putMessages + sum(topics.map((each) => each.putMessages)),
      putBytes: this.#gone.putBytes + sum(topics.map((each) => each.putBytes)),
      getMessages: this.#gone.getMessages + sum(groups.map((each) => each.getMessages)),
    };
  }
}

function indexed(counters: Counters): Omit<CounterReading, keyof Totals> {
  return {
    counters,
    topics: new Map(counters.topics.map((each) => [each.topic, each])),
    groups: new Map(counters.groups.map((each) => [groupKey(each.group, each.topic), each])),
  };
}

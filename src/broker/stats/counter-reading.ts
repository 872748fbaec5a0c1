/**
 * The data plane's counters, indexed by name.
 *
 * Reading them costs a row for every topic and group. A tool that asks for each of 20,000 topics
 * must not cause 20,000 readings of 20,000 rows: one that took long is used again for ten times
 * as long as it took. The readings of a small broker are always fresh.
 */
import { performance } from 'node:perf_hooks';
import type { Counters, GroupCount } from '../../dataplane/data-plane.ts';

const CHEAP_MS = 2;
const KEPT_FACTOR = 10;

export interface CounterReading {
  readonly counters: Counters;
  readonly topics: ReadonlyMap<string, Counters['topics'][number]>;
  /** By {@link groupKey}. */
  readonly groups: ReadonlyMap<string, GroupCount>;
  readonly putMessages: number;
  readonly putBytes: number;
  readonly getMessages: number;
}

/** `topic@group`, as Java's stats name them. */
export function groupKey(group: string, topic: string): string {
  return `${topic}@${group}`;
}

export class CounterReader {
  readonly #counters: () => Counters;
  #last: CounterReading | null = null;
  #keptUntilMs = 0;

  constructor(counters: () => Counters) {
    this.#counters = counters;
  }

  read(): CounterReading {
    const beganMs = performance.now();
    if (this.#last !== null && beganMs < this.#keptUntilMs) return this.#last;
    const reading = indexed(this.#counters());
    const endedMs = performance.now();
    const tookMs = endedMs - beganMs;
    this.#last = reading;
    this.#keptUntilMs = tookMs > CHEAP_MS ? endedMs + tookMs * KEPT_FACTOR : 0;
    return reading;
  }
}

function indexed(counters: Counters): CounterReading {
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    counters,
    topics: new Map(counters.topics.map((each) => [each.topic, each])),
    groups: new Map(counters.groups.map((each) => [groupKey(each.group, each.topic), each])),
    putMessages: sum(counters.topics.map((each) => each.putMessages)),
    putBytes: sum(counters.topics.map((each) => each.putBytes)),
    getMessages: sum(counters.groups.map((each) => each.getMessages)),
  };
}

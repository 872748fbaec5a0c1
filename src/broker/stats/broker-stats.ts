/**
 * The stats that 315 knows by name and key (Java BrokerStatsManager): what a topic took, what a
 * group got or sent back, and the whole broker's sums.
 *
 * Invariant: the data plane counts, this only samples. Names whose figures no part of this broker
 * produces (latencies, reads from disk, acknowledgements of pop, commercial accounts) do not
 * exist, as in a Java broker that never saw such a request.
 */
import { type CounterReading, groupKey } from './counter-reading.ts';
import type { StatPeriods } from './stat-figures.ts';
import { TotalSeries, type Totals } from './total-series.ts';

type Kind = 'topic' | 'group' | 'broker';

interface Stat {
  kind: Kind;
  /** Places of the figure and of the number of requests in the totals of the kind. */
  sum: number;
  times: number;
}

const STATS: ReadonlyMap<string, Stat> = new Map<string, Stat>([
  ['TOPIC_PUT_NUMS', { kind: 'topic', sum: 0, times: 0 }],
  ['TOPIC_PUT_SIZE', { kind: 'topic', sum: 1, times: 0 }],
  ['GROUP_GET_NUMS', { kind: 'group', sum: 0, times: 2 }],
  ['GROUP_GET_SIZE', { kind: 'group', sum: 1, times: 2 }],
  ['SNDBCK_PUT_NUMS', { kind: 'group', sum: 3, times: 3 }],
  ['BROKER_PUT_NUMS', { kind: 'broker', sum: 0, times: 0 }],
  ['BROKER_GET_NUMS', { kind: 'broker', sum: 1, times: 1 }],
]);

export class BrokerStats {
  readonly #clusterName: string;
  readonly #series = new Map<Kind, Map<string, TotalSeries>>();
  #sampledMs: number;

  /** Whole-broker stats are known by the name of the cluster, as in Java. */
  constructor(clusterName: string, nowMs: number) {
    this.#clusterName = clusterName;
    this.#sampledMs = nowMs;
  }

  /** To be called every 10 s. */
  sample(atMs: number, reading: CounterReading): void {
    for (const [kind, totals] of this.#totals(reading)) this.#sampleKind(kind, atMs, totals);
    this.#sampledMs = atMs;
  }

  /** Null when nothing was ever counted under the name and key. */
  find(name: string, key: string, atMs: number, reading: CounterReading): StatPeriods | null {
    const stat = STATS.get(name);
    if (stat === undefined) return null;
    const totals = this.#totalsOf(stat.kind, key, reading);
    if (totals === null || (totals[stat.times] ?? 0) === 0) return null;
    // What no sample has seen yet was not there at the last one.
    const series = this.#series.get(stat.kind)?.get(key) ?? new TotalSeries(this.#sampledMs);
    return series.figures(atMs, totals, stat.sum, stat.times);
  }

  topicPutTps(topic: string, atMs: number, reading: CounterReading): number {
    return this.find('TOPIC_PUT_NUMS', topic, atMs, reading)?.minute.tps ?? 0;
  }

  groupGetTps(group: string, topic: string, atMs: number, reading: CounterReading): number {
    const key = groupKey(group, topic);
    return this.find('GROUP_GET_NUMS', key, atMs, reading)?.minute.tps ?? 0;
  }

  #totalsOf(kind: Kind, key: string, reading: CounterReading): Totals | null {
    if (kind === 'broker') return key === this.#clusterName ? brokerTotals(reading) : null;
    if (kind === 'topic') {
      const topic = reading.topics.get(key);
      return topic === undefined ? null : [topic.putMessages, topic.putBytes];
    }
    const group = reading.groups.get(key);
    if (group === undefined) return null;
    return [group.getMessages, group.getBytes, group.getTimes, group.sendBackMessages];
  }

  *#totals(reading: CounterReading): Iterable<[Kind, Map<string, Totals>]> {
    for (const kind of ['topic', 'group', 'broker'] as const) {
      const names = {
        topic: reading.topics.keys(),
        group: reading.groups.keys(),
        broker: [this.#clusterName],
      }[kind];
      const totals = [...names].map((key) => [key, this.#totalsOf(kind, key, reading)] as const);
      yield [kind, new Map(totals.flatMap(([key, each]) => (each === null ? [] : [[key, each]])))];
    }
  }

  /** Series of names that are gone go too, so that churn of topics grows nothing. */
  #sampleKind(kind: Kind, atMs: number, totals: ReadonlyMap<string, Totals>): void {
    const all = this.#series.get(kind) ?? new Map<string, TotalSeries>();
    this.#series.set(kind, all);
    for (const key of all.keys()) if (!totals.has(key)) all.delete(key);
    for (const [key, each] of totals) {
      const series = all.get(key) ?? new TotalSeries(this.#sampledMs);
      series.sample(atMs, each);
      all.set(key, series);
    }
  }
}

function brokerTotals(reading: CounterReading): Totals {
  return [reading.putMessages, reading.getMessages];
}

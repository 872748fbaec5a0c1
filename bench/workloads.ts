/**
 * Every load that brokers are compared under, and what turbopump promises of it.
 *
 * A depth in a name is the number of requests in flight over all connections. A target is a bound
 * on the median, over alternated pairs, of turbopump's figure over tuned Java's.
 */
import type { FigureName } from './figures.ts';
import { BadOption } from './options.ts';

export interface Target {
  figure: FigureName;
  /** turbopump / Java tuned. */
  atMost?: number;
  atLeast?: number;
}

export interface Workload {
  name: string;
  kind: 'produce' | 'pull';
  flush: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  connections: number;
  /** On each connection; with a rate, unbounded. */
  inFlight: number;
  /** Sends a second of an open loop; absent, the broker sets the pace. */
  rate?: number;
  bodyBytes: number;
  headers: 'binary' | 'json';
  targets: readonly Target[];
}

/**
 * A backlog that fits the page cache turbopump keeps of its own log (1 GiB behind the tail), read
 * so many times by each run that 10 ms ticks of CPU time do not matter.
 */
export const backlog = { messages: 750_000, passes: 4, batch: 32 };

const usual = { kind: 'produce', bodyBytes: 1024, headers: 'binary', targets: [] } as const;
const async = { ...usual, flush: 'ASYNC_FLUSH' } as const;
const sync = { ...usual, flush: 'SYNC_FLUSH' } as const;

export const workloads: readonly Workload[] = [
  { ...async, name: 'async-1', connections: 1, inFlight: 1 },
  {
    ...async,
    name: 'async-64',
    ...{ connections: 4, inFlight: 16 },
    targets: [{ figure: 'cpuPerMillion', atMost: 1 / 8 }],
  },
  { ...async, name: 'async-1024', connections: 8, inFlight: 128 },
  { ...async, name: 'json-64', connections: 4, inFlight: 16, headers: 'json' },
  { ...async, name: 'small-64', connections: 4, inFlight: 16, bodyBytes: 100 },
  {
    ...async,
    name: 'open-10k',
    ...{ connections: 4, inFlight: 16, rate: 10_000 },
    targets: [
      { figure: 'p50', atMost: 1 / 2 },
      { figure: 'p99', atMost: 1 / 10 },
    ],
  },
  {
    ...sync,
    name: 'sync-1',
    ...{ connections: 1, inFlight: 1 },
    targets: [{ figure: 'throughput', atLeast: 2 }],
  },
  {
    ...sync,
    name: 'sync-64',
    ...{ connections: 4, inFlight: 16 },
    targets: [{ figure: 'throughput', atLeast: 5 }],
  },
  { ...sync, name: 'sync-128', connections: 8, inFlight: 16 },
  { ...sync, name: 'sync-256', connections: 8, inFlight: 32 },
  { ...sync, name: 'sync-512', connections: 8, inFlight: 64 },
  { ...sync, name: 'sync-1024', connections: 8, inFlight: 128 },
  {
    ...async,
    name: 'pull-hot',
    kind: 'pull',
    ...{ connections: 4, inFlight: 2 },
    targets: [{ figure: 'perCpuSecond', atLeast: 3 }],
  },
];

/** `all`, or names with commas between; an unknown one is refused with the list of those known. */
export function chosenWorkloads(text: string): Workload[] {
  if (text === 'all') return [...workloads];
  return text.split(',').map((name) => {
    const found = workloads.find((workload) => workload.name === name);
    if (found !== undefined) return found;
    const known = workloads.map((workload) => workload.name).join(', ');
    throw new BadOption(`no workload ${JSON.stringify(name)}; there are: all, ${known}`);
  });
}

export function describeWorkload(workload: Workload): string {
  const { kind, flush, connections, inFlight, rate, bodyBytes, headers } = workload;
  const pace =
    kind === 'pull'
      ? `hot backlog of ${backlog.messages} messages in 8 queues, ${backlog.batch} a request`
      : rate === undefined
        ? `${connections * inFlight} in flight`
        : `open loop of ${rate}/s, latency from the time a send was due`;
  const size = `${bodyBytes} B, ${headers} headers`;
  return `${kind}, ${flush}, ${pace}, ${connections} connections, ${size}`;
}

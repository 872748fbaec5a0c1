/** The figures a run of the load generator gives, with their units and which way is better. */
import type { Run } from './contest.ts';

export type FigureName =
  | 'cpuPerMillion'
  | 'perCpuSecond'
  | 'throughput'
  | 'p50'
  | 'p99'
  | 'p999'
  | 'anonymousMb'
  | 'brokerCores'
  | 'driverCores'
  | 'machineBusy';

export interface Figure {
  name: FigureName;
  title: string;
  unit: string;
  better: 'lower' | 'higher';
  /** Whether turbopump's figure over a peer's says something about the two. */
  compared: boolean;
  /** NaN where the run has no such figure. */
  of(run: Run): number;
}

const perMillion = (run: Run): number => run.server?.cpu_seconds_per_million ?? Number.NaN;

export const figures: readonly Figure[] = [
  {
    name: 'cpuPerMillion',
    title: 'Broker CPU',
    unit: 'CPU-s per million messages',
    better: 'lower',
    compared: true,
    of: perMillion,
  },
  {
    name: 'perCpuSecond',
    title: 'Messages per broker CPU-second',
    unit: 'messages per CPU-s',
    better: 'higher',
    compared: true,
    of: (run) => 1e6 / perMillion(run),
  },
  {
    name: 'throughput',
    title: 'Throughput',
    unit: 'messages/s',
    better: 'higher',
    compared: true,
    of: (run) => run.per_second,
  },
  ...(['p50', 'p99', 'p999'] as const).map(
    (name): Figure => ({
      name,
      title: `Latency, ${name}`,
      unit: 'µs',
      better: 'lower',
      compared: true,
      of: (run) => run.latency_us[name],
    }),
  ),
  {
    name: 'anonymousMb',
    title: 'Anonymous memory after the run',
    unit: 'MB',
    better: 'lower',
    compared: true,
    of: (run) => run.server?.anonymous_mb ?? Number.NaN,
  },
  {
    name: 'brokerCores',
    title: 'Processors the broker used',
    unit: 'cores',
    better: 'lower',
    compared: false,
    of: (run) => (run.server?.cpu_seconds ?? Number.NaN) / run.seconds,
  },
  {
    name: 'driverCores',
    title: 'Processors the driver used',
    unit: 'cores',
    better: 'lower',
    compared: false,
    of: (run) => run.driver_cpu_seconds / run.seconds,
  },
  {
    name: 'machineBusy',
    title: 'Share of all processors in use',
    unit: 'of 1',
    better: 'lower',
    compared: false,
    of: (run) => run.machine_busy_share,
  },
];

export function figureNamed(name: FigureName): Figure {
  const found = figures.find((figure) => figure.name === name);
  if (found === undefined) throw new Error(`no figure ${name}`);
  return found;
}

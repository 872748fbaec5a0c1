/** Results as Markdown: every figure a median with its spread, every peer also as a ratio. */
import type { BrokerResult, Run, WorkloadResult } from './contest.ts';
import { type Figure, figureNamed, figures } from './figures.ts';
import { short } from './plot.ts';
import { type Spread, spread } from './statistics.ts';
import { describeWorkload, type Target } from './workloads.ts';

export function markdown(results: readonly WorkloadResult[]): string {
  return results.map(workloadTables).join('\n');
}

function workloadTables(result: WorkloadResult): string {
  const { workload, pairs, seconds, brokers } = result;
  const length = workload.kind === 'pull' ? 'runs' : `runs of ${seconds} s`;
  const [ours, ...peers] = brokers;
  const lines = [
    `## ${workload.name}`,
    '',
    `${describeWorkload(workload)}. Medians (min-max) of ${pairs} alternated ${length}.`,
    '',
    ...table(
      ['figure', 'unit', ...brokers.map(({ name }) => name)],
      [
        ...figures.map((figure) => [
          figure.title,
          figure.unit,
          ...brokers.map(({ runs }) => spreadCell(runs.map(figure.of))),
        ]),
        ...onceRows(brokers),
        ...writtenRows(brokers),
      ],
    ),
  ];
  for (const peer of peers) {
    if (ours === undefined) continue;
    const targets = peer.name === 'java-tuned' ? workload.targets : [];
    lines.push('', ...ratioTable(ours, peer, targets));
  }
  const refused = brokers.flatMap(refusals);
  if (refused.length > 0) lines.push('', `Answers other than SEND_OK: ${refused.join('; ')}.`);
  return `${lines.join('\n')}\n`;
}

/** What a workload measures once for each broker, not in each run. */
function onceRows(brokers: readonly BrokerResult[]): string[][] {
  return [
    ['Boot to first SEND_OK', 's', ...brokers.map((broker) => short(broker.bootSeconds))],
    ['Anonymous memory idle', 'MB', ...brokers.map((broker) => short(broker.idleMb))],
    [
      'SIGKILL after the runs, start to SEND_OK',
      's',
      ...brokers.map((broker) => short(broker.recoverySeconds)),
    ],
  ];
}

function writtenRows(brokers: readonly BrokerResult[]): string[][] {
  if (brokers.every(({ runs }) => runs.every((run) => run.written === undefined))) return [];
  const row = (title: string, unit: string, of: (run: Run) => number | undefined): string[] => [
    title,
    unit,
    ...brokers.map(({ runs }) => spreadCell(runs.map((run) => of(run) ?? Number.NaN))),
  ];
  return [
    row('Log written by one flush of the device', 'bytes', (run) => run.written?.groupBytes),
    row('Device writes for one byte of log', 'bytes', (run) => run.written?.deviceBytesPerByte),
    row('Synced-write limit at that size', 'bytes/s', (run) => run.written?.limit.bytes_per_second),
    row('Log written over that limit', 'of 1', (run) => run.written?.shareOfLimit),
  ];
}

function ratioTable(ours: BrokerResult, peer: BrokerResult, targets: readonly Target[]): string[] {
  const rows = figures
    .filter((figure) => figure.compared)
    .map((figure) => {
      const ratio = ratios(figure, ours, peer);
      const target = targets.find((each) => each.figure === figure.name);
      const verdict = target === undefined ? '' : verdictOf(target, spread(ratio).median);
      return [figure.title, figure.better, spreadCell(ratio), verdict];
    });
  return table([`${ours.name} / ${peer.name}, pair by pair`, 'better', 'ratio', 'target'], rows);
}

/** One ratio for each pair of runs. */
export function ratios(figure: Figure, ours: BrokerResult, peer: BrokerResult): number[] {
  return ours.runs.flatMap((run, pair) => {
    const against = peer.runs[pair];
    return against === undefined ? [] : [figure.of(run) / figure.of(against)];
  });
}

export function verdictOf(target: Target, median: number): string {
  const { title } = figureNamed(target.figure);
  if (Number.isNaN(median)) return `no figure of ${title}`;
  const { atMost, atLeast } = target;
  const met = median <= (atMost ?? Number.POSITIVE_INFINITY) && median >= (atLeast ?? 0);
  const bound = atMost === undefined ? `at least ${short(atLeast ?? 0)}` : `at most ${atMost}`;
  return `${bound}: ${met ? 'met' : 'NOT MET'}`;
}

function refusals({ name, runs }: BrokerResult): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const [code, count] of Object.entries(run.not_ok_by_code ?? {})) {
      counts.set(code, (counts.get(code) ?? 0) + count);
    }
  }
  return [...counts].map(([code, count]) => `${name} ${count} × code ${code}`);
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}

function spreadCell(values: number[]): string {
  const numbers = values.filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return '-';
  const { median, min, max }: Spread = spread(numbers);
  return `${short(median)} (${short(min)}-${short(max)})`;
}

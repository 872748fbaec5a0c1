/**
 * `tune-java`: which settings serve Java RocketMQ best on this machine: one setting changed at a
 * time, alternated with the defaults in the same heap; then the best ones together, by hand.
 */
import type { Properties } from '../test/oracle/properties-text.ts';
import { type BrokerResult, contest, type Length } from './contest.ts';
import { figureNamed } from './figures.ts';
import { BadOption } from './options.ts';
import { java } from './peers.ts';
import { ratios } from './report.ts';
import { spread, spreadText } from './statistics.ts';
import type { Workload } from './workloads.ts';

const candidates: Readonly<Record<string, Properties>> = {
  epoll: { useEpollNativeSelector: true },
  'threads-1': { sendMessageThreadPoolNums: 1 },
  'threads-4': { sendMessageThreadPoolNums: 4 },
  'threads-16': { sendMessageThreadPoolNums: 16 },
  transient: { transientStorePoolEnable: true, transientStorePoolSize: 3 },
  spin: { useReentrantLockWhenPutMessage: false },
};

/** Candidates by their names; `epoll+spin` is both together. */
export function chosenCandidates(text: string): { name: string; settings: Properties }[] {
  const names = text === 'all' ? Object.keys(candidates) : text.split(',');
  return names.map((name) => {
    const parts = name.split('+').map((part) => candidates[part]);
    if (parts.some((part) => part === undefined)) {
      const known = Object.keys(candidates).join(', ');
      throw new BadOption(`no candidate ${JSON.stringify(name)}; there are: all, ${known}`);
    }
    return { name, settings: Object.assign({}, ...parts) as Properties };
  });
}

export async function tuneJava(
  workloads: readonly Workload[],
  names: string,
  length: Length,
): Promise<void> {
  const chosen = chosenCandidates(names);
  for (const workload of workloads) {
    const contenders = [
      java('as-shipped', 'tuned', {}),
      ...chosen.map(({ name, settings }) => java(name, 'tuned', settings)),
    ];
    const { brokers } = await contest(workload, contenders, { ...length, noRecovery: true });
    const [base] = brokers;
    if (base === undefined) continue;
    console.log(`\n${workload.name}, over the shipped settings in a heap of 4 GB, pair by pair:\n`);
    console.log('| settings | throughput (higher is better) | CPU (lower) | p99 (lower) |');
    console.log('|---|---|---|---|');
    for (const broker of brokers.slice(1)) console.log(row(broker, base));
  }
}

function row(broker: BrokerResult, base: BrokerResult): string {
  const cells = (['throughput', 'cpuPerMillion', 'p99'] as const).map((name) =>
    spreadText(spread(ratios(figureNamed(name), broker, base))),
  );
  return `| ${[broker.name, ...cells].join(' | ')} |`;
}

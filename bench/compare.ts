/**
 * `compare`: turbopump against Java RocketMQ 5.3.3, and any other broker given by path, workload by
 * workload; the tables go to the terminal, and with the plots and every run's report to files.
 */

import { contest } from './contest.ts';
import { machineFacts } from './machine.ts';
import { type Contender, java, javaTuned, other, ours } from './peers.ts';
import { markdown } from './report.ts';
import { type Contest, writeResults } from './results.ts';
import type { Workload } from './workloads.ts';

export interface CompareOptions {
  workloads: readonly Workload[];
  java: 'tuned' | 'default' | 'both';
  /** `name=path`, each. */
  others: readonly string[];
  pairs: number;
  seconds: number;
  warmUpSeconds?: number;
  /** Write no files. */
  dry: boolean;
}

export async function compare(options: CompareOptions): Promise<void> {
  const { pairs, seconds, warmUpSeconds } = options;
  const others = options.others.map(other);
  const done: Contest = { date: today(), machine: machineFacts(), results: [] };
  for (const workload of options.workloads) {
    const contenders = [ours(), ...javaContenders(options.java, workload), ...others];
    const length = { pairs, seconds, ...(warmUpSeconds === undefined ? {} : { warmUpSeconds }) };
    const result = await contest(workload, contenders, length);
    done.results.push(result);
    console.log(markdown([result]));
  }
  if (!options.dry) console.log(`written: ${writeResults(done)}`);
}

function javaContenders(which: CompareOptions['java'], workload: Workload): Contender[] {
  const tuned = java('java-tuned', 'tuned', javaTuned[workload.flush]);
  const asShipped = java('java-default', 'default', {});
  if (which === 'both') return [tuned, asShipped];
  return which === 'tuned' ? [tuned] : [asShipped];
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

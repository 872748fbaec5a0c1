/** Results as files: tables, a plot for each figure, and every run's report as JSON. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../test/oracle/project-folders.ts';
import type { BrokerResult, WorkloadResult } from './contest.ts';
import { figures } from './figures.ts';
import { BadOption } from './options.ts';
import { type Plot, plotSvg } from './plot.ts';
import { markdown } from './report.ts';
import { type Spread, spread } from './statistics.ts';

export interface Contest {
  /** Year-month-day. */
  date: string;
  machine: string;
  results: WorkloadResult[];
}

const folder = join(projectRoot, 'bench', 'results');
/** Names of many workloads make no file name. */
const namesMax = 4;

/** Writes the files; answers the name of the Markdown one, relative to the project. */
export function writeResults(contest: Contest, into: string = folder): string {
  mkdirSync(into, { recursive: true });
  const names = contest.results.map(({ workload }) => workload.name);
  const label = names.length > namesMax ? `${names.length}-workloads` : names.join('+');
  const stem = `${contest.date}-${label}`;
  const write = (name: string, text: string): void => writeFileSync(join(into, name), text);
  write(`${stem}.json`, `${JSON.stringify(contest, null, 1)}\n`);
  const plots = plotsOf(contest.results).map(({ name, plot }) => {
    write(`${stem}-${name}.svg`, plotSvg(plot));
    return `![${plot.title}](${stem}-${name}.svg)`;
  });
  const head = [`# ${stem}`, '', `${contest.machine}. Every run: \`${stem}.json\`.`, ''];
  write(`${stem}.md`, [...head, markdown(contest.results), plots.join('\n\n'), ''].join('\n'));
  return `bench/results/${stem}.md`;
}

/** Runs measured in pieces, as one contest; the later file counts where two have a workload. */
export function readResults(files: readonly string[]): Contest {
  const parts = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Contest);
  const byName = new Map<string, WorkloadResult>();
  for (const part of parts) {
    for (const result of part.results) byName.set(result.workload.name, result);
  }
  const last = parts.at(-1);
  if (last === undefined) throw new BadOption('report wants result files: --from a.json,b.json');
  const machines = new Set(parts.map(({ machine }) => machine));
  if (machines.size > 1) throw new BadOption('the files are of different machines');
  return { ...last, results: [...byName.values()] };
}

function plotsOf(results: readonly WorkloadResult[]): { name: string; plot: Plot }[] {
  const compared = figures
    .filter((figure) => figure.compared && figure.name !== 'perCpuSecond')
    .map((figure) => ({
      name: kebab(figure.name),
      plot: {
        ...{ title: figure.title, unit: figure.unit, better: figure.better, log: true },
        groups: groupsOf(results, ({ runs }) => runs.map(figure.of)),
      },
    }));
  const boot: Plot = {
    ...{ title: 'Boot to first SEND_OK', unit: 's', better: 'lower', log: true },
    groups: groupsOf(results, ({ bootSeconds }) => [bootSeconds]),
  };
  const recovery: Plot = {
    ...{ title: 'Start after SIGKILL to SEND_OK', unit: 's', better: 'lower', log: true },
    groups: groupsOf(results, ({ recoverySeconds }) => [recoverySeconds]),
  };
  const once = [
    { name: 'boot', plot: boot },
    { name: 'recovery', plot: recovery },
  ];
  return [...compared, ...once];
}

function groupsOf(
  results: readonly WorkloadResult[],
  of: (broker: BrokerResult) => number[],
): Plot['groups'] {
  return results.map(({ workload, brokers }) => ({
    name: workload.name,
    bars: brokers.map((broker) => ({ series: broker.name, spread: finite(of(broker)) })),
  }));
}

function finite(values: number[]): Spread {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length > 0) return spread(numbers);
  return { median: Number.NaN, min: Number.NaN, max: Number.NaN, runs: 0 };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

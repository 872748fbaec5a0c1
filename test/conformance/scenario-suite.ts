import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Finished, runToEnd } from '../oracle/child-process.ts';
import { beforeAll } from '../runner/before-all.ts';
import { type Cluster, startClusterUnderTest } from './cluster.ts';
import { type DriverLine, driverLines } from './driver-line.ts';

export interface DriverCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One start of a client program; all of its scenarios run in that one process. */
export interface DriverRun {
  /** Distinguishes runs of the same scenario, such as 'VIP channel'. */
  readonly label: string;
  readonly scenarios: readonly string[];
  readonly limit_ms: number;
  /** The program's command line, made when the cluster is up. */
  readonly command: (cluster: Cluster, scenarios: readonly string[]) => Promise<DriverCommand>;
}

const OUTPUT_SHOWN_CHARS = 4_000;

/**
 * Registers and runs one uvu test per scenario against one cluster; the first test of a run starts
 * its program.
 */
export function runScenarios(client: string, runs: readonly DriverRun[]): void {
  const test = suite(client);
  let cluster: Cluster;
  beforeAll(test, async () => {
    cluster = await startClusterUnderTest();
  });
  test.after(async () => {
    await cluster?.stop();
  });
  for (const run of runs) {
    let finished: Promise<Finished> | undefined;
    for (const scenario of run.scenarios) {
      test(`${client}, ${run.label}: ${scenario}`, async () => {
        finished ??= start(run, cluster);
        const { code, stdout, stderr } = await finished;
        const line = driverLines(stdout).get(scenario);
        if (line === undefined) {
          assert.unreachable(`no report (exit ${code})\n${tail(stdout + stderr)}`);
        } else if (!line.ok) {
          assert.unreachable(`${JSON.stringify(line)}\n${tail(stderr)}\n${tail(cluster.output())}`);
        } else {
          process.stdout.write(`  ${client}, ${run.label}: ${summary(line)}\n`);
        }
      });
    }
    test(`${client}, ${run.label}: exits 0`, async () => {
      assert.is((await finished)?.code, 0);
    });
  }
  test.run();
}

async function start(run: DriverRun, cluster: Cluster): Promise<Finished> {
  const command = await run.command(cluster, run.scenarios);
  return await runToEnd({ ...command, limit_ms: run.limit_ms });
}

function summary({ scenario, ok, ...seen }: DriverLine): string {
  const facts = Object.entries(seen).map(([name, value]) => `${name}=${value}`);
  return `${scenario} ${ok ? 'ok' : 'failed'} ${facts.join(' ')}`;
}

function tail(text: string): string {
  return text.slice(-OUTPUT_SHOWN_CHARS);
}

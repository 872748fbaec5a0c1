/**
 * One kind of cluster under both tools: our mqadmin and Java's run the same script on it, one after
 * the other. Ours goes first, as Java's leaves a consumer group of its own behind.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { runProgram } from '../../src/cli/program.ts';
import { runToEnd, startService } from '../oracle/child-process.ts';
import { type JavaPrinted, javaMqadminRuns } from '../oracle/java-mqadmin.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import type { Cluster } from './cluster.ts';
import { driverLines } from './driver-line.ts';
import { javaDriver } from './java-client.ts';
import { endless, oursAlone, refusals } from './mqadmin-refused-script.ts';
import { changes, questions, type Step } from './mqadmin-script.ts';

export interface Printed {
  /** Exit code 0 and nothing missing; for Java's, which always exits 0, no exception. */
  readonly isDone: boolean;
  readonly out: string;
  readonly error: string;
}

export interface Ran {
  readonly step: Step;
  readonly ours: Printed;
  /** null for a command only ours has. */
  readonly java: Printed | null;
}

type Place = Pick<Cluster, 'nameServer' | 'broker' | 'folder'>;

const endlessLimitMs = 30_000;

export async function mqadmin(nameServer: string, argv: readonly string[]): Promise<Printed> {
  const out: string[] = [];
  const error: string[] = [];
  const code = await runProgram([...argv, '-n', nameServer], {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    nameServerVariable: undefined,
  });
  assert.ok(code === 0 || code === 1, `exit code ${code} of ${argv.join(' ')}`);
  return { isDone: code === 0, out: out.join('\n'), error: error.join('\n') };
}

/** Sends the fixed traffic; resolves to what the placeholders of the script stand for. */
export async function prepare(place: Place): Promise<(word: string) => string> {
  const driver = await javaDriver('client-5.3.3', place.folder);
  const args = [...driver, place.nameServer, 'fixedTraffic'];
  const { stdout, stderr } = await runToEnd({ command: 'java', args, limit_ms: 120_000 });
  const traffic = driverLines(stdout).get('fixedTraffic');
  assert.ok(traffic?.ok, `the traffic: ${JSON.stringify(traffic)}\n${stderr}`);
  const key = ['queryMsgByKey', '-t', 'FixedTopic', '-k', 'key-3', '--json'];
  const [found] = JSON.parse((await mqadmin(place.nameServer, key)).out) as {
    messageId: string;
  }[];
  const folder = join(place.folder, 'exports');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'topics.json'), '[{"topicName":"ChangedListed"}]');
  writeFileSync(join(folder, 'groups.json'), '[{"groupName":"ChangedListed"}]');
  return (word) =>
    word
      .replace('<broker>', place.broker)
      .replace('<offsetId>', String(traffic['offsetMsgId']))
      .replace('<uniqueId>', String(found?.messageId))
      .replace('<folder>', folder);
}

export async function runScript(place: Place, fill: (word: string) => string): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (const steps of [questions, [...changes, ...refusals]]) {
    const lines = steps.map(({ argv }) => argv.map(fill));
    const ours: Printed[] = [];
    for (const [index, argv] of lines.entries()) {
      const each = await mqadmin(place.nameServer, argv);
      ours.push(withFile(each, steps[index], fill));
    }
    const javas = (await javaMqadminRuns(place.nameServer, lines)).map(printed);
    for (const [index, step] of steps.entries()) {
      const java = javas[index];
      ran.push(pair(step, ours[index], java && withFile(java, step, fill)));
    }
  }
  for (const step of oursAlone) {
    ran.push(pair(step, await mqadmin(place.nameServer, step.argv.map(fill)), null));
  }
  const limited = endless.map(({ argv, limitMs }) => [`@${limitMs}`, ...argv]);
  const javas = javaMqadminRuns(place.nameServer, limited);
  const ours = await Promise.all(endless.map((step) => untilLine(place.nameServer, step)));
  for (const [index, each] of (await javas).entries()) {
    const step = endless[index];
    // Being stopped is how it ends.
    const stopped = { isDone: true, out: each.out, error: '' };
    if (step !== undefined) ran.push(pair(step, ours[index], stopped));
  }
  return ran;
}

/** An export is what it wrote, so that belongs to what it printed. */
function withFile(each: Printed, step: Step | undefined, fill: (word: string) => string): Printed {
  if (step?.writes === undefined) return each;
  return { ...each, out: `${each.out.trim()}\n${readFileSync(fill(step.writes), 'utf8')}` };
}

function pair(step: Step, ours: Printed | undefined, java: Printed | null | undefined): Ran {
  if (ours === undefined || java === undefined) throw new Error(`${step.argv[0]} was not run`);
  return { step, ours, java };
}

function printed({ out, error }: JavaPrinted): Printed {
  const isDone = !/^(?:Caused by: )?(?:\w+\.)+\w*(?:Exception|Error)\b/m.test(`${error}\n${out}`);
  return { isDone, out, error };
}

/** A command that never ends, as the process a user starts, up to a line of it. */
async function untilLine(
  nameServer: string,
  { argv, until }: { argv: readonly string[]; until: RegExp },
): Promise<Printed> {
  const script = join(projectRoot, 'dist', 'src', 'main', 'mqadmin.js');
  const args = [script, ...argv, '-n', nameServer];
  const launch = { command: process.execPath, args, limit_ms: endlessLimitMs };
  const service = await startService(launch, until);
  const out = service.output();
  await service.kill();
  return { isDone: true, out, error: '' };
}

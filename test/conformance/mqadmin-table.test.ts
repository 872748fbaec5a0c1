/**
 * Every command of mqadmin on our cluster, with Java's mqadmin and with ours: the same lines, or a
 * named reason why not. Holds `docs/compat.md` to what came of it; TURBOPUMP_WRITE_DOCS=1
 * writes that file.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as lone, suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../../src/cli/commands/all-commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { runToEnd } from '../oracle/child-process.ts';
import { javaMqadmin } from '../oracle/java-mqadmin.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import type { Cluster } from './cluster.ts';
import { driverLines } from './driver-line.ts';
import { javaDriver } from './java-client.ts';
import { changes, endless, oursAlone, questions, type Step } from './mqadmin-script.ts';
import { haveTools, missingForJava } from './outside-tools.ts';
import { startOwnCluster } from './own-cluster.ts';
import { lines } from './printed-form.ts';

const script: readonly Step[] = [...questions, ...changes];
const documentPath = join(projectRoot, 'docs', 'compat.md');

interface Ours {
  code: number;
  out: string;
  error: string;
}

interface Ran {
  step: Step;
  ours: Ours;
  java: string;
}

async function mqadmin(nameServer: string, argv: readonly string[]): Promise<Ours> {
  const out: string[] = [];
  const error: string[] = [];
  const code = await runProgram([...argv], {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    nameServerVariable: nameServer,
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

/** Sends the fixed traffic; resolves to what the placeholders of the script stand for. */
async function prepare(cluster: Cluster): Promise<(word: string) => string> {
  const driver = await javaDriver('client-5.3.3', cluster.folder);
  const args = [...driver, cluster.nameServer, 'fixedTraffic'];
  const { stdout, stderr } = await runToEnd({ command: 'java', args, limit_ms: 120_000 });
  const traffic = driverLines(stdout).get('fixedTraffic');
  assert.ok(traffic?.ok, `the traffic: ${JSON.stringify(traffic)}\n${stderr}`);
  const key = ['queryMsgByKey', '-t', 'FixedTopic', '-k', 'key-3', '--json'];
  const [found] = JSON.parse((await mqadmin(cluster.nameServer, key)).out) as {
    messageId: string;
  }[];
  const folder = join(cluster.folder, 'exports');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'topics.json'), '[{"topicName":"ChangedListed"}]');
  writeFileSync(join(folder, 'groups.json'), '[{"groupName":"ChangedListed"}]');
  return (word) =>
    word
      .replace('<broker>', cluster.broker)
      .replace('<offsetId>', String(traffic['offsetMsgId']))
      .replace('<uniqueId>', String(found?.messageId))
      .replace('<folder>', folder);
}

function difference({ step, ours, java }: Ran): { missing: string[]; extra: string[] } {
  const form = step.form ?? ((output: string) => lines(output).sort());
  const [expected, actual] = [java, ours.out].map((output) =>
    output.trim() === '' ? [] : form(output),
  );
  const missing = (expected ?? []).filter((line) => !(actual ?? []).includes(line));
  const extra = (actual ?? []).filter((line) => !(expected ?? []).includes(line));
  return { missing, extra };
}

function compareAll(): void {
  const test = suite('every command of mqadmin');
  const ran: Ran[] = [];
  let cluster: Cluster;
  test.before(async () => {
    cluster = await startOwnCluster();
    const fill = await prepare(cluster);
    for (const part of [questions, changes]) {
      const filled = part.map(({ argv }) => argv.map(fill));
      // Ours first: Java's leaves a consumer group of its own behind.
      const ours: Ours[] = [];
      for (const argv of filled) ours.push(await mqadmin(cluster.nameServer, argv));
      const java = await javaMqadmin(cluster.nameServer, filled);
      for (const [index, step] of part.entries()) {
        const mine = ours[index];
        if (mine !== undefined) ran.push({ step, ours: mine, java: java[index] ?? '' });
      }
    }
  });
  test.after(() => cluster?.stop());

  script.forEach((step, index) => {
    test(`mqadmin ${step.argv.join(' ')}`, () => {
      const here = ran[index];
      assert.ok(here !== undefined);
      const { missing, extra } = difference(here);
      const differs = missing.length + extra.length > 0;
      const told = JSON.stringify({ missing, extra, ours: here.ours, java: here.java }, null, 2);
      if (step.differs === undefined) assert.not(differs, told);
      else assert.ok(differs, `no longer differs: ${step.differs}`);
      assert.not.match(here.ours.error, /^ +at /m, 'a stack trace');
      assert.ok(here.ours.code === 0 || here.ours.error.includes(' failed: '), told);
    });
  });

  test('every command is run here, held elsewhere, refused by reason, or endless', () => {
    const run = new Set([...script.map(({ argv }) => argv[0]), ...oursAlone.keys()]);
    const left = allCommands.filter(
      ({ name, isLax }) => !run.has(name) && !endless.has(name) && isLax !== true,
    );
    assert.equal(
      left.map(({ name }) => name),
      [],
    );
  });

  test('docs/compat.md says what came of it', async () => {
    const document = await documentOf(ran);
    if (process.env['TURBOPUMP_WRITE_DOCS'] === '1') writeFileSync(documentPath, document);
    assert.is(readFileSync(documentPath, 'utf8'), document, 'run with TURBOPUMP_WRITE_DOCS=1');
  });
  test.run();
}

async function documentOf(ran: Ran[]): Promise<string> {
  const rows: string[] = [];
  for (const { name, group, isLax } of allCommands) {
    const own = ran.filter(({ step }) => step.argv[0] === name);
    const heldBy = oursAlone.get(name);
    const cells =
      isLax === true
        ? [await refusal(name), 'not run']
        : heldBy === undefined
          ? cellsOf(own, endless.get(name))
          : [`works: \`${heldBy}\``, 'has no such command'];
    rows.push(`| ${[`\`${name}\``, group, ...cells].join(' | ')} |`);
  }
  return `${introduction}\n${rows.join('\n')}\n`;
}

async function refusal(name: string): Promise<string> {
  const { error } = await mqadmin('127.0.0.1:9876', [name]);
  return error.replace(`${name} failed: `, '').trim();
}

function cellsOf(own: Ran[], isEndless: string | undefined): string[] {
  if (isEndless !== undefined) return [isEndless, isEndless];
  const refused = own.find(({ ours }) => ours.code !== 0);
  const ours = refused === undefined ? 'works' : `refused: ${causeOf(refused)}`;
  const reasons = own.flatMap(({ step }) => step.differs ?? []);
  const isSilent = own.every(({ java }) => java.trim() === '');
  if (reasons.length > 0) return [ours, `differs: ${[...new Set(reasons)].join('; ')}`];
  return [ours, isSilent && refused !== undefined ? 'refused as well' : 'the same'];
}

/** The cause without what differs from run to run. */
function causeOf({ ours }: Ran): string {
  const cause = ours.error.split('\n')[0]?.replace(/^\w+ failed: /, '') ?? '';
  return cause.replace(/ ?\(?127\.0\.0\.1:\d+\)?/g, '').replace(/\b[0-9A-F]{32}\b/g, '<id>');
}

const introduction = `# Compatibility of mqadmin

Every command of RocketMQ's \`mqadmin\`, run by \`test/conformance/mqadmin-table.test.ts\` on a name
server and a broker of ours with fixed traffic of a Java client. *Ours* is this repository's
\`mqadmin\`; *Java's* is that of RocketMQ 5.3.3 on the same cluster. "The same" means the same lines
(in any order, as Java prints hash maps) with times, addresses and ids masked. This file is
written by that test and held to it.

What differs by intent, for every command:

- A failure is one line with its cause and the address it came from on standard error, and exit
  code 1; Java prints a stack trace and exits 0.
- A broker that cannot be reached is named on standard error and the rest is printed; then the
  exit code is 1 as well.
- \`--json\` prints what a command lists as a JSON array.

| command | group | ours | Java's |
|---|---|---|---|`;

if (await haveTools('every command of mqadmin', await missingForJava())) {
  compareAll();
} else {
  lone.skip('every command of mqadmin', () => undefined);
  lone.run();
}

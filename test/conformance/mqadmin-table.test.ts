/**
 * Every command of mqadmin, with Java's mqadmin and with ours, on our broker and on Java's: the
 * same lines, or a named reason why not. Holds `docs/compat.md` to what came of it;
 * TURBOPUMP_WRITE_DOCS=1 writes that file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as lone, suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../../src/cli/commands/all-commands.ts';
import { type JavaCluster, startJavaCluster } from '../oracle/java-cluster.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import { beforeAll } from '../runner/before-all.ts';
import type { Cluster } from './cluster.ts';
import { documentOf } from './mqadmin-document.ts';
import { comparisons, type Four } from './mqadmin-judgement.ts';
import { endless, oursAlone, refusals } from './mqadmin-refused-script.ts';
import { mqadmin, prepare, runScript } from './mqadmin-run.ts';
import { changes, listings, questions } from './mqadmin-script.ts';
import { haveTools, missingForJava } from './outside-tools.ts';
import { startOwnCluster } from './own-cluster.ts';

const documentPath = join(projectRoot, 'docs', 'compat.md');
const compared = [...questions, ...changes];

const test = suite('every command of mqadmin');
const fours: Four[] = [];
let own: Cluster;
let java: JavaCluster;
let fill: (word: string) => string;

beforeAll(test, async () => {
  [own, java] = await Promise.all([startOwnCluster(), startJavaCluster()]);
  fill = await prepare(own);
  const javasFill = await prepare(java);
  const [ours, javas] = await Promise.all([runScript(own, fill), runScript(java, javasFill)]);
  for (const [index, mine] of ours.entries()) {
    const other = javas[index];
    if (other !== undefined) fours.push({ ours: mine, javas: other });
  }
});
test.after(async () => {
  await own?.stop();
  await java?.stop();
});

function fourOf(argv: readonly string[]): Four {
  const found = fours.find(({ ours }) => ours.step.argv === argv);
  if (found === undefined) throw new Error(`${argv.join(' ')} was not run`);
  return found;
}

for (const { argv } of [...compared, ...endless]) {
  test(`mqadmin ${argv.join(' ')}`, () => {
    const four = fourOf(argv);
    for (const { what, difference, reasons } of comparisons(four)) {
      const differs = difference.missing.length + difference.extra.length > 0;
      const told = `${what}: ${JSON.stringify({ difference, reasons }, null, 2)}`;
      assert.is(differs, reasons.length > 0, `${told}\n${JSON.stringify(four, null, 2)}`);
    }
  });
}

for (const { argv } of refusals) {
  test(`mqadmin ${argv[0]} is refused with its reason`, () => {
    const { ours, javas } = fourOf(argv);
    for (const { isDone, out, error } of [ours.ours, javas.ours]) {
      assert.not(isDone);
      assert.is(out, '');
      assert.match(error, new RegExp(`^${argv[0]} failed: not supported by this cluster: .+$`));
    }
  });
}

test('whereIs and drain take no topic of a Java broker for a group', () => {
  for (const { argv } of oursAlone) {
    const { out } = fourOf(argv).javas.ours;
    assert.not.match(out, /group FixedTopic|FixedTopic \d+ behind/, argv.join(' '));
    if (argv[0] === 'whereIs') assert.match(out, /group FixedGroup: consumed/);
    if (argv.includes('--timeout')) assert.match(out, 'FixedGroup 8 behind in FixedTopic');
  }
});

test('nothing of ours prints a stack trace, and what fails says why', () => {
  for (const { ours, javas } of fours) {
    for (const { isDone, out, error } of [ours.ours, javas.ours]) {
      const told = `${ours.step.argv.join(' ')}: ${out}\n${error}`;
      assert.not.match(`${out}\n${error}`, /^ +at |\[object |\bundefined\b/m, told);
      assert.is(isDone, error === '', told);
    }
  }
});

test('every command is run here', () => {
  const run = new Set(
    [...compared, ...refusals, ...endless, ...oursAlone].map(({ argv }) => argv[0]),
  );
  const left = allCommands.map(({ name }) => name).filter((name) => !run.has(name));
  assert.equal(left, []);
});

test('wrong arguments of any command print its usage and exit 1', async () => {
  for (const { name, options, oneOf = [], someOf = [] } of allCommands) {
    const needsSome = options.some(({ required }) => required) || oneOf.length + someOf.length > 0;
    const wrong = [[name, '--no-such-option', 'x'], ...(needsSome ? [[name]] : [])];
    for (const argv of wrong) {
      const { isDone, out, error } = await mqadmin('127.0.0.1:1', argv);
      assert.not(isDone, name);
      assert.is(out, '', name);
      assert.match(error, `Usage: mqadmin ${name} `);
    }
  }
});

test('--json of every listing command is an array of what it lists', async () => {
  const listing = allCommands.filter(({ lists }) => lists === true).map(({ name }) => name);
  const shown = new Set<string>();
  for (const { argv, isEmpty } of [...questions, ...oursAlone, ...listings]) {
    const [name = ''] = argv;
    if (!listing.includes(name)) continue;
    shown.add(name);
    const { out, error } = await mqadmin(own.nameServer, [...argv.map(fill), '--json']);
    const told = `${argv.join(' ')}: ${out}${error}`;
    // What cannot be listed fails before the array, in words.
    const entries = isEmpty === true && out === '' ? [] : (JSON.parse(out) as unknown);
    assert.ok(Array.isArray(entries), told);
    assert.is(entries.length === 0, isEmpty === true, told);
    assert.ok(
      entries.every((each) => typeof each === 'object' && each !== null),
      told,
    );
  }
  assert.equal(
    listing.filter((name) => !shown.has(name)),
    [],
  );
});

test('docs/compat.md says what came of it', () => {
  const document = documentOf(fours);
  if (process.env['TURBOPUMP_WRITE_DOCS'] === '1') writeFileSync(documentPath, document);
  assert.is(readFileSync(documentPath, 'utf8'), document, 'run with TURBOPUMP_WRITE_DOCS=1');
});

if (await haveTools('every command of mqadmin', await missingForJava())) {
  test.run();
} else {
  lone.skip('every command of mqadmin', () => undefined);
  lone.run();
}

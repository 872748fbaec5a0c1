/**
 * The project's own test runner: `node dist/test/run.js [part of a path ...]`.
 *
 * Invariants: one child process per test file, killed at its time limit; a file that runs no test
 * fails; what is left out for want of a JDK or Go is said loudly at the end; the last line is
 * always `N passed, N failed`. uvu alone guarantees none of these: it exits 0 without a file,
 * without `.run()` and with a left-over `.only`, and hangs on an open socket.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCargoTests } from './runner/cargo.ts';
import { runTestFile, type TestOutcome } from './runner/test-file.ts';

const testRoot = dirname(fileURLToPath(import.meta.url));

/** Folders whose tests start many processes: one at a time, with a longer limit. */
const heavyFolders = ['conformance', 'integration', 'crash', 'cluster', 'store'];
const parallelFiles = 2;

function findTests(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return findTests(path);
      return entry.name.endsWith('.test.js') ? [path] : [];
    })
    .sort();
}

function isHeavy(file: string): boolean {
  const first = relative(testRoot, file).split('/')[0] ?? '';
  return heavyFolders.includes(first);
}

async function runAll(files: string[], width: number): Promise<TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  const waiting = [...files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const outcome = await runTestFile(file, {
        name: relative(testRoot, file),
        limitMs: isHeavy(file) ? 600_000 : 120_000,
      });
      report(outcome);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return outcomes;
}

function report(outcome: TestOutcome): void {
  const seconds = (outcome.elapsedMs / 1000).toFixed(1);
  const verdict = outcome.failed === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict} ${outcome.name}: ${outcome.passed} passed (${seconds} s)`);
  if (outcome.failed > 0) console.log(`${outcome.output}\n${outcome.reason ?? ''}`);
}

async function main(): Promise<number> {
  const wanted = process.argv.slice(2);
  const chosen = (name: string): boolean =>
    wanted.length === 0 || wanted.some((part) => name.includes(part));
  const files = findTests(testRoot).filter((file) => chosen(relative(testRoot, file)));
  const outcomes: TestOutcome[] = [];
  if (chosen('cargo')) {
    const cargo = await runCargoTests();
    report(cargo);
    outcomes.push(cargo);
  }
  outcomes.push(
    ...(await runAll(
      files.filter((file) => !isHeavy(file)),
      parallelFiles,
    )),
  );
  outcomes.push(...(await runAll(files.filter(isHeavy), 1)));

  for (const outcome of outcomes) {
    for (const line of outcome.skipped) console.log(`!!! ${outcome.name} ${line}`);
  }
  for (const outcome of outcomes.filter((each) => each.failed > 0)) {
    console.log(`FAILED ${outcome.name}: ${outcome.reason ?? `${outcome.failed} failed`}`);
  }
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  if (passed + failed === 0) console.log(`no test matches: ${wanted.join(' ')}`);
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

process.exitCode = await main();

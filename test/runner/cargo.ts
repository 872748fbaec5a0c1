/** The Rust crates' own tests, counted into the same total. */
import { runChild, type TestOutcome } from './test-file.ts';

const limitMs = 600_000;

export async function runCargoTests(): Promise<TestOutcome> {
  const started = Date.now();
  const args = ['test', '--manifest-path', 'native/Cargo.toml', '--workspace', '--quiet'];
  const ended = await runChild('cargo', [...args, '--no-fail-fast'], limitMs);
  let passed = 0;
  let failed = 0;
  for (const match of ended.output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)) {
    passed += Number(match[1]);
    failed += Number(match[2]);
  }
  const reason = judgeCargo(ended.timedOut, ended.code, passed, failed);
  return {
    name: 'cargo test',
    passed,
    failed: reason === null ? 0 : Math.max(1, failed),
    skipped: [],
    elapsedMs: Date.now() - started,
    output: ended.output,
    reason,
  };
}

function judgeCargo(
  timedOut: boolean,
  code: number | null,
  passed: number,
  failed: number,
): string | null {
  if (timedOut) return `killed after ${limitMs / 1000} s`;
  if (failed > 0) return `${failed} failed`;
  if (code !== 0) return 'cargo test did not succeed (see above)';
  if (passed === 0) return 'ran no test';
  return null;
}

// The fast checks, cheap first. All run even when one fails, so that one look shows everything.
import { spawnSync } from 'node:child_process';
import { root } from './process.mjs';

const manifest = ['--manifest-path', 'native/Cargo.toml'];
const clippy = (targets) => {
  return ['clippy', ...manifest, ...targets, '--quiet', '--', '-D', 'warnings'];
};
const checks = [
  ['biome', 'npx', ['--no-install', 'biome', 'check', '--error-on-warnings', '.']],
  ['types', 'npx', ['--no-install', 'tsc', '-p', 'tsconfig.json', '--noEmit']],
  ['rustfmt', 'cargo', ['fmt', ...manifest, '--all', '--check']],
  ['clippy', 'cargo', clippy(['--workspace', '--exclude', 'turbopump-addon', '--all-targets'])],
  // What napi registers looks unused to a test build of the addon.
  ['clippy of the addon', 'cargo', clippy(['-p', 'turbopump-addon', '--lib'])],
  ['boundary drift', 'git', ['diff', '--exit-code', '--stat', '--', 'native/index.d.cts']],
  ['tidy', process.execPath, ['dist/test/run.js', 'tidy']],
  ['dead code', 'npx', ['--no-install', 'knip']],
];

/** Runs every check and prints one line each; the exit code is 1 when any failed. */
export function runChecks() {
  let failed = 0;
  for (const [name, program, args] of checks) {
    const started = Date.now();
    const result = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
    const ok = result.status === 0;
    if (!ok) failed += 1;
    if (!ok) process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    console.log(
      `${ok ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

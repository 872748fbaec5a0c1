// Runs the fuzz targets without cargo-fuzz and without a nightly compiler:
// `npm run fuzz -- [seconds each] [target ...]`. RUSTC_BOOTSTRAP lets the stable compiler take the
// coverage flags that cargo-fuzz would pass. No address sanitizer: no target reaches unsafe code.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const targets = readdirSync(join(here, 'fuzz_targets')).map((file) => file.replace('.rs', ''));
const [seconds = '60', ...named] = process.argv.slice(2);
const wanted = named.length > 0 ? named : targets;
const unknown = wanted.filter((name) => !targets.includes(name));
if (unknown.length > 0 || !/^\d+$/.test(seconds)) {
  console.error(`usage: run.mjs [seconds] [${targets.join('|')} ...]`);
  process.exit(2);
}

const coverage = [
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map(
    (flag) => `-Cllvm-args=-sanitizer-coverage-${flag}`,
  ),
];
const flags = ['--cfg', 'fuzzing', '-Cdebug-assertions', '-Ccodegen-units=1', ...coverage];
const targetFolder = join(process.env.CARGO_TARGET_DIR ?? join(here, 'target'), 'fuzz');
const triple = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
const env = {
  ...process.env,
  RUSTC_BOOTSTRAP: '1',
  CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
  CARGO_TARGET_DIR: targetFolder,
};

function run(command, args, stdio) {
  const ended = spawnSync(command, args, { cwd: here, env, stdio, encoding: 'utf8' });
  if (ended.error) throw ended.error;
  return ended;
}

const bins = wanted.flatMap((name) => ['--bin', name]);
// `--target` keeps the flags from build scripts and macros, which could not link with them.
const build = ['build', '--release', '--quiet', '--target', triple, ...bins];
if (run('cargo', build, 'inherit').status !== 0) process.exit(1);

let crashed = 0;
for (const name of wanted) {
  // New inputs go to a folder that git ignores; the committed seeds are read only.
  const found = join(targetFolder, 'found', name);
  const artifacts = join(here, 'artifacts', name);
  for (const folder of [found, artifacts]) mkdirSync(folder, { recursive: true });
  const limits = ['-timeout=10', '-rss_limit_mb=1024', '-max_len=33000'];
  const report = ['-print_final_stats=1', `-artifact_prefix=${artifacts}/`];
  const args = [`-max_total_time=${seconds}`, ...limits, ...report];
  const binary = join(targetFolder, triple, 'release', name);
  const ended = run(binary, [...args, found, join(here, 'corpus', name)], 'pipe');
  const executions = /number_of_executed_units:\s*(\d+)/.exec(ended.stderr)?.[1] ?? '?';
  const edges = [...ended.stderr.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '?';
  const verdict = ended.status === 0 ? 'no crash' : 'CRASHED';
  console.log(`${name}: ${executions} executions in ${seconds} s, ${edges} edges, ${verdict}`);
  if (ended.status !== 0) {
    crashed += 1;
    console.log(ended.stderr.slice(-4000));
  }
}
process.exitCode = crashed === 0 ? 0 : 1;

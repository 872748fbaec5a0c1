// Runs the fuzz targets without cargo-fuzz and without a nightly compiler:
// `npm run fuzz -- [--seconds N | --runs N] [--jobs N] [target ...]`, 60 seconds each unless told,
// as many targets at a time as there are jobs. RUSTC_BOOTSTRAP lets the stable compiler take the
// coverage flags that cargo-fuzz would pass. No address sanitizer: no target reaches unsafe code.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const targets = readdirSync(join(here, 'fuzz_targets')).map((file) => file.replace('.rs', ''));

function commandLine() {
  const number = { type: 'string' };
  const options = { seconds: number, runs: number, jobs: { ...number, default: '1' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.find((name) => !targets.includes(name));
  if (unknown !== undefined) throw new Error(`there is no target ${unknown}`);
  const wrong = Object.entries(values).find(([, value]) => !/^[1-9]\d*$/.test(value));
  if (wrong !== undefined) throw new Error(`--${wrong[0]} wants a number, not ${wrong[1]}`);
  if (values.seconds && values.runs) throw new Error('either --seconds or --runs');
  const limit = values.runs
    ? `-runs=${values.runs}`
    : `-max_total_time=${values.seconds ?? '60'}`;
  const wanted = positionals.length > 0 ? positionals : targets;
  return { limit, jobs: Number(values.jobs), wanted };
}

function readCommandLine() {
  try {
    return commandLine();
  } catch (error) {
    console.error(`${error.message}
usage: run.mjs [--seconds N | --runs N] [--jobs N] [${targets.join('|')} ...]`);
    process.exit(2);
  }
}

const { limit, jobs, wanted } = readCommandLine();

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

const bins = wanted.flatMap((name) => ['--bin', name]);
// `--target` keeps the flags from build scripts and macros, which could not link with them.
const build = ['build', '--release', '--quiet', '--target', triple, ...bins];
const built = spawnSync('cargo', build, { cwd: here, env, stdio: 'inherit' });
if (built.error) throw built.error;
if (built.status !== 0) process.exit(1);

/** Runs one target to its limit; false when it crashed, or ran nothing. */
async function fuzz(name) {
  // New inputs go to a folder that git ignores; the committed seeds are read only.
  const found = join(targetFolder, 'found', name);
  const artifacts = join(here, 'artifacts', name);
  for (const folder of [found, artifacts]) mkdirSync(folder, { recursive: true });
  const limits = [limit, '-timeout=10', '-rss_limit_mb=1024', '-max_len=33000'];
  const report = ['-print_final_stats=1', `-artifact_prefix=${artifacts}/`];
  const args = [...limits, ...report, found, join(here, 'corpus', name)];
  const child = spawn(join(targetFolder, triple, 'release', name), args, { cwd: here, env });
  child.stdout.resume();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = `${said}${text}`.slice(-100_000);
  });
  const [status] = await once(child, 'close');
  const executions = /number_of_executed_units:\s*(\d+)/.exec(said)?.[1] ?? '0';
  const seconds = /Done \d+ runs in (\d+) second/.exec(said)?.[1] ?? '?';
  const edges = [...said.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '?';
  const held = status === 0 && executions !== '0';
  const verdict = held ? 'no crash' : 'CRASHED';
  console.log(`${name}: ${executions} executions in ${seconds} s, ${edges} edges, ${verdict}`);
  if (!held) console.log(said.slice(-4000));
  return held;
}

const waiting = [...wanted];
async function worker() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (!(await fuzz(name))) process.exitCode = 1;
  }
}
await Promise.all(Array.from({ length: jobs }, worker));

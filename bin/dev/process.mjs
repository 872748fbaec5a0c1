// Child processes of the developer commands: one way to run a step, one way to hand over.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** True when the program can be started at all. */
export function isInstalled(program, versionFlag = '--version') {
  return spawnSync(program, [versionFlag], { stdio: 'ignore' }).status === 0;
}

/** Runs one step with its output shown; throws a sentence that names the step when it fails. */
export function runStep(title, program, args) {
  const started = Date.now();
  process.stderr.write(`turbopump: ${title} ...\n`);
  const result = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.error)
    throw new Error(`${title} failed: cannot run ${program}: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${title} failed: ${program} ${args.join(' ')}`);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stderr.write(`turbopump: ${title} done in ${seconds} s\n`);
}

/** Runs node to its end with our terminal; signals reach the child, whose exit code is ours. */
export function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => forward(child, signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 0 : 1)));
  });
}

// A terminal sends Ctrl-C to the whole foreground group, so the child has it already; a second
// one would mean "stop at once" to it.
function forward(child, signal) {
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  child.kill(signal);
}

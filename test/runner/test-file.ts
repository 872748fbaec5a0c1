/** One test file in one child process, judged by uvu's closing lines and not by its exit alone. */
import { spawn } from 'node:child_process';

export interface TestOutcome {
  name: string;
  passed: number;
  failed: number;
  /** Lines that say what the file left out, and why. */
  skipped: string[];
  elapsedMs: number;
  output: string;
  /** Why the file as a whole failed, when it was not a test that did. */
  reason: string | null;
}

interface Limits {
  name: string;
  limitMs: number;
}

interface Ended {
  code: number | null;
  output: string;
  timedOut: boolean;
}

/** Runs the compiled test file; never rejects for what the file does. */
export async function runTestFile(file: string, { name, limitMs }: Limits): Promise<TestOutcome> {
  const started = Date.now();
  const ended = await runChild(process.execPath, ['--enable-source-maps', file], limitMs);
  const skipped = ended.output.split('\n').filter((line) => line.startsWith('SKIPPED:'));
  const total = readTotal(ended.output, 'Total');
  const passed = readTotal(ended.output, 'Passed');
  const reason = judge(ended, total, passed, skipped.length, limitMs);
  return {
    name,
    passed,
    failed: reason === null ? 0 : Math.max(1, total - passed),
    skipped,
    elapsedMs: Date.now() - started,
    output: ended.output,
    reason,
  };
}

function judge(
  ended: Ended,
  total: number,
  passed: number,
  skips: number,
  limitMs: number,
): string | null {
  if (ended.timedOut) return `killed after ${limitMs / 1000} s (a hang, or an open handle)`;
  if (total === 0) {
    if (skips > 0 && ended.code === 0 && process.env['CI'] !== 'true') return null;
    return 'ran no test (is `.run()` missing?)';
  }
  if (passed < total) return `${total - passed} of ${total} failed`;
  if (ended.code !== 0) return `exited with ${ended.code ?? 'a signal'} after its tests passed`;
  return null;
}

function readTotal(output: string, label: string): number {
  const pattern = new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm');
  return [...output.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/** Runs a program in a process group of its own, so that a time-out also ends its children. */
export function runChild(program: string, args: string[], limitMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    let output = '';
    let timedOut = false;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-400_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const endGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup();
    }, limitMs);
    child.on('error', (error) => keep(Buffer.from(`cannot run ${program}: ${error.message}`)));
    child.on('close', (code) => {
      clearTimeout(timer);
      endGroup();
      resolve({ code, output, timedOut });
    });
  });
}

/**
 * Outside programs as the tests run them: to their end, or as a service until it says it is ready.
 *
 * Invariants: every wait has a limit and is ended by an event, never by a pause; a program that is
 * still running when the test's process ends is killed; what it printed is in the error.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const OUTPUT_KEPT_CHARS = 2_000_000;
const OUTPUT_SHOWN_CHARS = 6_000;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** For a program run to its end: all of its life; for a service: until it is ready. */
  readonly limit_ms: number;
}

export interface Finished {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Service {
  readonly pid: number;
  /** stdout and stderr so far. */
  output(): string;
  /** Asks by SIGTERM, insists by SIGKILL after the limit; resolves once it is gone. */
  stop(limit_ms: number): Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Runs a program to its end, whatever its exit code; rejects if it cannot start or is too slow. */
export async function runToEnd(launch: Launch): Promise<Finished> {
  const child = start(launch);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, launch.limit_ms);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (late) throw failure(launch, `not over after ${launch.limit_ms} ms`, stdout() + stderr());
    return { code, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program to its end and rejects unless it exits 0; resolves to its stdout. */
export async function runToSuccess(launch: Launch): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(launch);
  if (code !== 0) throw failure(launch, `exit code ${code}`, stdout + stderr);
  return stdout;
}

/** Whether the command can be started here and exits 0. */
export async function answers(command: string, argument: string): Promise<boolean> {
  try {
    return (await runToEnd({ command, args: [argument], limit_ms: 30_000 })).code === 0;
  } catch {
    // It cannot be started, which is the answer.
    return false;
  }
}

/** Starts a program and resolves when its output matches `readyLine`; rejects if it ends before. */
export async function startService(launch: Launch, readyLine: RegExp): Promise<Service> {
  const { child, output, service } = begin(launch);
  try {
    await readiness(child, output, readyLine, launch);
  } catch (error) {
    await service.kill();
    throw error;
  }
  return service;
}

/** Starts a program that says nothing when it is ready: the caller asks it, within `limit_ms`. */
export async function startUntil(
  launch: Launch,
  isReady: (service: Service) => Promise<boolean>,
): Promise<Service> {
  const { child, output, service } = begin(launch);
  let ended = false;
  child.once('close', () => {
    ended = true;
  });
  const deadline = performance.now() + launch.limit_ms;
  while (!(await isReady(service))) {
    if (!ended && performance.now() < deadline) continue;
    await service.kill();
    const why = ended ? 'ended before it was ready' : `not ready after ${launch.limit_ms} ms`;
    throw failure(launch, why, output());
  }
  return service;
}

function begin(launch: Launch): {
  child: ChildProcess;
  output: () => string;
  service: Service;
} {
  const child = start(launch);
  // One that cannot be started ends at once, which whoever waits for it will see.
  child.once('error', () => {});
  const output = collect(child.stdout, child.stderr);
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  const stop = async (limit_ms: number): Promise<void> => {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), limit_ms);
    await gone;
    clearTimeout(insist);
  };
  return { child, output, service: { pid: child.pid ?? -1, output, kill, stop } };
}

function start(launch: Launch): ChildProcess {
  const child = spawn(launch.command, launch.args, {
    cwd: launch.cwd,
    env: { ...process.env, ...launch.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  return child;
}

function readiness(
  child: ChildProcess,
  output: () => string,
  readyLine: RegExp,
  launch: Launch,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`not ready after ${launch.limit_ms} ms`), launch.limit_ms);
    const look = (): void => {
      if (!readyLine.test(output())) return;
      settle();
      resolve();
    };
    const onClose = (code: number | null): void => fail(`ended with ${code} before it was ready`);
    const onError = (error: Error): void => fail(error.message);
    const settle = (): void => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.stderr?.off('data', look);
      child.off('close', onClose);
      child.off('error', onError);
    };
    const fail = (why: string): void => {
      settle();
      reject(failure(launch, why, output()));
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', onClose);
    child.once('error', onError);
  });
}

function collect(...streams: Array<NodeJS.ReadableStream | null>): () => string {
  let text = '';
  for (const stream of streams) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      text = (text + chunk).slice(-OUTPUT_KEPT_CHARS);
    });
  }
  return () => text;
}

function failure(launch: Launch, why: string, output: string): Error {
  const program = [launch.command, ...launch.args.slice(-6)].join(' ');
  return new Error(`${program.slice(-300)}: ${why}\n${output.slice(-OUTPUT_SHOWN_CHARS)}`);
}

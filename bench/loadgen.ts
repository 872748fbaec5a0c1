/** The native load generator: built when missing or stale (cargo decides), run to its end. */
import { join } from 'node:path';
import { runToSuccess } from '../test/oracle/child-process.ts';
import { projectRoot } from '../test/oracle/project-folders.ts';

const buildLimitMs = 600_000;
const manifest = join(projectRoot, 'native', 'Cargo.toml');
const binary = join(
  process.env['CARGO_TARGET_DIR'] ?? join(projectRoot, 'native', 'target'),
  'release',
  'turbopump-loadgen',
);

/** What a run of the generator reports; times in the unit their name ends with. */
export interface LoadReport {
  seconds: number;
  /** Acknowledged, or pulled, since the warm-up. */
  messages: number;
  /** Sent, the warm-up included. */
  attempted?: number;
  /** Answers of a send that were not SEND_OK, by code. */
  not_ok_by_code?: Record<string, number>;
  per_second: number;
  latency_us: { p50: number; p99: number; p999: number; max: number };
  driver_cpu_seconds: number;
  /** Of a pull: bytes of the records it was given. */
  record_bytes?: number;
  /** Of all processors together, whoever used them. */
  machine_busy_share: number;
  server?: { cpu_seconds: number; cpu_seconds_per_million: number; anonymous_mb: number };
}

/** What a bound of the machine is. */
export interface LimitReport {
  block_bytes: number;
  bytes_per_second: number;
  latency_us?: { p50: number; p99: number };
}

export async function buildLoadgen(): Promise<void> {
  const args = ['build', '--release', '--quiet', '--manifest-path', manifest];
  await runToSuccess({
    command: 'cargo',
    args: [...args, '-p', 'turbopump-loadgen'],
    limit_ms: buildLimitMs,
  });
}

export async function runLoadgen(args: (string | number)[], limitMs: number): Promise<string> {
  return runToSuccess({ command: binary, args: args.map(String), limit_ms: limitMs });
}

export async function measure(args: (string | number)[], limitMs: number): Promise<LoadReport> {
  return JSON.parse(await runLoadgen(args, limitMs)) as LoadReport;
}

export async function measureLimit(
  args: (string | number)[],
  limitMs: number,
): Promise<LimitReport> {
  return JSON.parse(await runLoadgen(args, limitMs)) as LimitReport;
}

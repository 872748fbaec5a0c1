/**
 * Where log lines go, decided in one place.
 *
 * JSON lines to standard output, or to `<folder>/<name>.log` when a folder is given or
 * `TURBOPUMP_LOG_DIR` names one; the level comes from `TURBOPUMP_LOG_LEVEL` (`trace` to `fatal`,
 * or `silent`), `info` without it. Every line is written before the call returns, so that the
 * last words of a dying process are there.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const LEVELS: ReadonlySet<string> = new Set([
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
]);

export function createLogger(name: string, folder: string | null = null): Logger {
  const target = folder ?? process.env['TURBOPUMP_LOG_DIR'] ?? null;
  const level = levelFromEnvironment();
  if (target === null) {
    return pino({ name, level }, destination({ dest: 1, sync: true }));
  }
  mkdirSync(target, { recursive: true });
  return pino({ name, level }, destination({ dest: join(target, `${name}.log`), sync: true }));
}

/** For embedders and tests that want no log at all. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

function levelFromEnvironment(): string {
  const level = process.env['TURBOPUMP_LOG_LEVEL']?.toLowerCase();
  return level !== undefined && LEVELS.has(level) ? level : 'info';
}

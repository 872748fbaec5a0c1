/** What the block device below a folder has done, from sysfs. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** `Documentation/block/stat.rst`: the 16th number counts flushes (Linux 5.5 and later). */
const flushField = 15;
const minorBits = 8n;

/**
 * Flushes of the whole device since boot; null where the file system has no device of its own
 * (tmpfs, overlay) or the kernel does not count. One synced write of group commit is one flush, so
 * bytes of log over flushes is the size of a group, for any broker and from outside.
 */
export function deviceFlushes(folder: string): number | null {
  const { dev } = statSync(folder, { bigint: true });
  const major = (dev >> minorBits) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  const own = `/sys/dev/block/${major}:${minor}`;
  if (!existsSync(own)) return null;
  // A partition's flushes are counted where it lies.
  const whole = existsSync(join(own, 'partition')) ? join(own, '..') : own;
  const fields = readFileSync(join(whole, 'stat'), 'utf8').trim().split(/\s+/);
  const flushes = Number(fields[flushField] ?? Number.NaN);
  return Number.isSafeInteger(flushes) ? flushes : null;
}

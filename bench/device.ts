/** What the block device below a folder has done, from sysfs. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';

/** `Documentation/block/stat.rst`: numbers 7 and 16 (the latter since Linux 5.5). */
const writtenSectorsField = 6;
const flushesField = 15;
const sectorBytes = 512;
const restMs = 500;
/** A journal commit and a log line of somebody else are no work. */
const restBytes = 1 << 20;
const restLimitMs = 30_000;

export interface DeviceWork {
  /** Flushes of the whole device since boot. */
  flushes: number;
  /** Bytes written to the whole device since boot. */
  writtenBytes: number;
}

/**
 * What the device has done since boot; null where the file system has no device of its own (tmpfs,
 * overlay) or the kernel does not count. One synced write of group commit is one flush, so bytes of
 * log over flushes is the size of a group, for any broker and from outside.
 */
export function deviceWork(folder: string): DeviceWork | null {
  const { dev } = statSync(folder, { bigint: true });
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  const own = `/sys/dev/block/${major}:${minor}`;
  if (!existsSync(own)) return null;
  // A partition's flushes are counted where it lies.
  const whole = existsSync(join(own, 'partition')) ? join(own, '..') : own;
  const fields = readFileSync(join(whole, 'stat'), 'utf8').trim().split(/\s+/).map(Number);
  const [flushes, sectors] = [fields[flushesField], fields[writtenSectorsField]];
  if (flushes === undefined || sectors === undefined) return null;
  return { flushes, writtenBytes: sectors * sectorBytes };
}

/** Resolves once nobody writes to the device below the folder; rejects if that does not come. */
export async function deviceAtRest(folder: string): Promise<void> {
  const until = performance.now() + restLimitMs;
  let before = deviceWork(folder);
  while (before !== null) {
    // The kernel counts, and tells nobody.
    await after(restMs);
    const now = deviceWork(folder);
    if (now === null || now.writtenBytes - before.writtenBytes <= restBytes) return;
    if (performance.now() > until) throw new Error(`somebody writes to the device of ${folder}`);
    before = now;
  }
}

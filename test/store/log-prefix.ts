/** Digests of a commit log, for telling that nobody has changed what was once written. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const chunkBytes = 1 << 20;

/** SHA-256 of the log's first `length` bytes, over all files in order. */
export function digestOfLog(folder: string, length: number): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(chunkBytes);
  let left = length;
  for (const name of segmentsOf(folder)) {
    const file = openSync(join(folder, name), 'r');
    try {
      for (let read = 1; left > 0 && read > 0; left -= read) {
        read = readSync(file, chunk, 0, Math.min(chunkBytes, left), null);
        hash.update(chunk.subarray(0, read));
      }
    } finally {
      closeSync(file);
    }
  }
  if (left > 0) throw new Error(`the log of ${folder} is ${left} bytes too short`);
  return hash.digest('hex');
}

export function segmentsOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{20}$/.test(name))
    .sort();
}

/** What a disk does with a log's files from one end to the other: written new, and read cold. */
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { runLoadgen } from './loadgen.ts';

const blockBytes = 1 << 20;
const dropLimitMs = 60_000;

/** Bytes a second of so many new files, each on disk before the next one begins. */
export function writtenBytesPerSecond(folder: string, files: number, fileBytes: number): number {
  const block = Buffer.alloc(blockBytes, 0x5a);
  const started = performance.now();
  for (let file = 0; file < files; file++) {
    const path = join(folder, `written-${file}`);
    const handle = openSync(path, 'w');
    ftruncateSync(handle, fileBytes);
    for (let at = 0; at < fileBytes; at += blockBytes) writeSync(handle, block, 0, blockBytes, at);
    fdatasyncSync(handle);
    closeSync(handle);
  }
  const seconds = (performance.now() - started) / 1000;
  for (let file = 0; file < files; file++) rmSync(join(folder, `written-${file}`));
  return (files * fileBytes) / seconds;
}

/** Bytes a second of the files of a folder, none of them in memory at the start. */
export async function readBytesPerSecond(folder: string): Promise<number> {
  await runLoadgen(['drop-cache', '--folder', folder], dropLimitMs);
  const block = Buffer.alloc(blockBytes);
  const started = performance.now();
  let bytes = 0;
  for (const name of readdirSync(folder).sort()) {
    const handle = openSync(join(folder, name), 'r');
    for (let count = -1; count !== 0; bytes += count) count = readSync(handle, block);
    closeSync(handle);
  }
  return bytes / ((performance.now() - started) / 1000);
}

/**
 * The only place of the product that renames: small files replaced as a whole, crash-atomic.
 *
 * Order of a replacement: write `<path>.tmp`, sync it, rename the old file to `<path>.bak`, rename
 * the new one into place, sync the folder. A power cut between any two steps leaves either the new
 * file, or the old one as `.bak`; never a half-written file under either name. RocketMQ's
 * ConfigManager uses the same two names, so each side starts from files the other has left.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Makes names that were given or taken in the folder outlive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function renameIfPresent(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Replaces the file's content; resolves when a crash of the machine can no longer lose it.
 * Calls for one path must not overlap: the caller serialises them.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await renameIfPresent(path, `${path}.bak`);
  await rename(temporary, path);
  await syncFolder(folder);
}

/** Why a candidate was passed over. */
export interface RejectedFile {
  path: string;
  reason: string;
}

export interface LoadedFile<T> {
  /** Null when neither the file nor its backup could be used. */
  value: T | null;
  rejected: RejectedFile[];
}

/**
 * Reads the file, else its `.bak`, with the first one that `decode` accepts. A missing, empty or
 * torn file is passed over and reported, never thrown: a bad file must not stop a start.
 */
export async function loadFile<T>(
  path: string,
  decode: (text: string) => T,
): Promise<LoadedFile<T>> {
  const rejected: RejectedFile[] = [];
  for (const candidate of [path, `${path}.bak`]) {
    try {
      const text = await readFile(candidate, 'utf8');
      if (text.trim() === '') throw new Error('the file is empty');
      return { value: decode(text), rejected };
    } catch (error) {
      if (isMissing(error)) continue;
      const reason = error instanceof Error ? error.message : String(error);
      rejected.push({ path: candidate, reason });
    }
  }
  return { value: null, rejected };
}

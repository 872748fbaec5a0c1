import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json; compiled and source files lie at different depths below it. */
export const projectRoot = findProjectRoot(dirname(fileURLToPath(import.meta.url)));

/** A folder outside git for what is costly to make again: class paths, classes, binaries. */
export function cacheFolder(name: string): string {
  const folder = join(projectRoot, 'node_modules', '.cache', 'turbopump', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function findProjectRoot(from: string): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from}`);
    folder = parent;
  }
  return folder;
}

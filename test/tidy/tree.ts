/** The files of the repository as the tidy tests read them: tracked or about to be, text only. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export interface SourceFile {
  path: string;
  text: string;
}

/** Every file git tracks, or would if added, whose path matches. */
export function sources(pattern: RegExp): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return listed
    .split('\n')
    .filter((path) => pattern.test(path) && path !== '' && existsSync(join(repository, path)))
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

/** `path:line: what` for every line that matches. */
export function findLines(files: SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => (pattern.test(line) ? `${path}:${index + 1}: ${line.trim()}` : null))
      .filter((found) => found !== null),
  );
}

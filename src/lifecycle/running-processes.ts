/** Which of our own servers run on this machine, read from /proc, never through a shell. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Process ids of this user's node processes whose script is the given entry file. */
export function processesOf(entryFile: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isRunning(pid, entryFile));
}

function isRunning(pid: number, entryFile: string): boolean {
  let words: string[];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    // It ended between the listing and the look, or belongs to another user.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return false;
    throw error;
  }
  const [program = '', ...rest] = words;
  const script = rest.find((word) => word !== '' && !word.startsWith('-')) ?? '';
  return basename(program).startsWith('node') && basename(script) === entryFile;
}

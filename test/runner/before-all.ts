/** What a suite does before its first test, said aloud when it fails. */
import type { Test } from 'uvu';

/**
 * `suite.before` for hooks that can fail: uvu 0.5.6 drops what such a hook throws (its `finally`
 * returns) and only says that no test of the suite passed.
 */
export function beforeAll(suite: Test, prepare: () => Promise<void>): void {
  suite.before(async () => {
    try {
      await prepare();
    } catch (error) {
      process.stderr.write(`before the first test: ${told(error)}\n`);
      throw error;
    }
  });
}

function told(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

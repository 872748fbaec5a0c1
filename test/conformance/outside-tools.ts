import { answers } from '../oracle/child-process.ts';
import { missingForJava } from '../oracle/java.ts';

/**
 * Says loudly what a run leaves out because a tool is missing; in CI nothing may be left out.
 *
 * Resolves to true when the tests can run.
 */
export async function haveTools(what: string, missing: string | undefined): Promise<boolean> {
  if (missing === undefined) return true;
  if (process.env['CI'] === 'true') throw new Error(`${what}: ${missing}`);
  process.stdout.write(`\nSKIPPED: ${what}: ${missing}\n`);
  return false;
}

export { missingForJava };

export async function missingForGo(): Promise<string | undefined> {
  return (await answers('go', 'version')) ? undefined : 'go not found: install Go 1.23 or later';
}

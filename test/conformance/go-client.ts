import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { runToSuccess } from '../oracle/child-process.ts';
import { cacheFolder, projectRoot } from '../oracle/project-folders.ts';
import type { DriverRun } from './scenario-suite.ts';

const MODULE = join(projectRoot, 'test', 'conformance', 'go');
const BUILD_LIMIT_MS = 300_000;
const RUN_LIMIT_MS = 240_000;

/** Builds the Go driver, unless its sources have been built before; resolves to the executable. */
export async function goDriver(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of readdirSync(MODULE).sort()) hash.update(readFileSync(join(MODULE, name)));
  const executable = join(cacheFolder('go'), `driver-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(executable)) return executable;
  const draft = `${executable}.${process.pid}`;
  await runToSuccess({
    command: 'go',
    args: ['build', '-mod=readonly', '-o', draft, '.'],
    cwd: MODULE,
    limit_ms: BUILD_LIMIT_MS,
  });
  renameSync(draft, executable);
  return executable;
}

export function goRun(label: string, scenarios: readonly string[]): DriverRun {
  return {
    label,
    scenarios,
    limit_ms: RUN_LIMIT_MS,
    command: async (cluster, names) => ({
      command: await goDriver(),
      args: [cluster.nameServer, cluster.broker, ...names],
      env: { ROCKETMQ_GO_LOG_LEVEL: 'error', HOME: cluster.folder },
    }),
  };
}

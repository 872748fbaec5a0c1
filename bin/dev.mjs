#!/usr/bin/env node
// The commands of a developer's day: start, test, bench, cluster, check. Each is complete on a
// fresh clone: it installs locked dependencies and builds what is missing or stale first.
// Plain JavaScript without dependencies, because it runs before any of them is installed.
import { ensureBuilt } from './dev/build.mjs';
import { runChecks } from './dev/check.mjs';
import { runCluster } from './dev/cluster.mjs';
import { runNode } from './dev/process.mjs';

const [command, ...args] = process.argv.slice(2);

const commands = {
  start: async () => {
    await ensureBuilt();
    return runNode(['dist/src/main/quickstart.js', ...args]);
  },
  test: async () => {
    await ensureBuilt();
    return runNode(['--enable-source-maps', 'dist/test/run.js', ...args]);
  },
  bench: async () => {
    await ensureBuilt();
    return runNode(['--enable-source-maps', 'dist/bench/main.js', ...args]);
  },
  cluster: async () => {
    await ensureBuilt();
    return runCluster(args);
  },
  check: async () => {
    await ensureBuilt();
    return runChecks();
  },
};

const action = command === undefined ? undefined : commands[command];
if (action === undefined) {
  console.error(`usage: node bin/dev.mjs ${Object.keys(commands).join('|')}`);
  process.exit(2);
}
try {
  process.exitCode = await action();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

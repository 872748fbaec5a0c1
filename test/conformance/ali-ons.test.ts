import { join } from 'node:path';
import { projectRoot } from '../oracle/project-folders.ts';
import { type DriverRun, runScenarios } from './scenario-suite.ts';

const DRIVER = join(projectRoot, 'test', 'conformance', 'node', 'driver.mjs');

const run: DriverRun = {
  label: 'JSON headers',
  scenarios: ['mixed10k', 'tags', 'unicode', 'retry'],
  limit_ms: 240_000,
  command: async (cluster, names) => ({
    command: process.execPath,
    args: [DRIVER, cluster.nameServer, cluster.broker, ...names],
  }),
};

runScenarios('ali-ons 3.12.0', [run]);

import { test } from 'uvu';
import { goRun } from './go-client.ts';
import { haveTools, missingForGo } from './outside-tools.ts';
import { runScenarios } from './scenario-suite.ts';

const SCENARIOS = ['mixed10k', 'tags', 'batch', 'oneway', 'unicode', 'retryToDlq', 'orderly'];

if (await haveTools('rocketmq-client-go/v2', await missingForGo())) {
  runScenarios('rocketmq-client-go/v2', [goRun('JSON headers', SCENARIOS)]);
} else {
  test.skip('rocketmq-client-go/v2', () => undefined);
  test.run();
}

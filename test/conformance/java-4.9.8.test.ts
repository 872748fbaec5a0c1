import { test } from 'uvu';
import { FEATURES, javaRun } from './java-client.ts';
import { haveTools, missingForJava } from './outside-tools.ts';
import { runScenarios } from './scenario-suite.ts';

const CLIENT = 'client-4.9.8';

if (await haveTools('official Java client 4.9.8', await missingForJava())) {
  runScenarios('Java client 4.9.8', [
    javaRun(CLIENT, 'JSON headers', ['mixed10k', ...FEATURES]),
    javaRun(
      CLIENT,
      'binary headers',
      ['batch', 'unicode', 'retryToDlq'],
      ['-Drocketmq.serialize.type=ROCKETMQ'],
    ),
  ]);
} else {
  test.skip('official Java client 4.9.8', () => undefined);
  test.run();
}

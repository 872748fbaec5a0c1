import { test } from 'uvu';
import { FEATURES, javaRun } from './java-client.ts';
import { haveTools, missingForJava } from './outside-tools.ts';
import { runScenarios } from './scenario-suite.ts';

const CLIENT = 'client-5.3.3';

if (await haveTools('official Java client 5.3.3', await missingForJava())) {
  runScenarios('Java client 5.3.3', [
    javaRun(CLIENT, 'JSON headers', ['mixed10k', ...FEATURES]),
    javaRun(
      CLIENT,
      'binary headers',
      ['mixed10k', 'unicode', 'batch', 'retryToDlq', 'queryMessage', 'orderly'],
      ['-Drocketmq.serialize.type=ROCKETMQ'],
    ),
    javaRun(
      CLIENT,
      'VIP channel',
      ['mixed10k', 'batch', 'retryToDlq'],
      ['-Dcom.rocketmq.sendMessageWithVIPChannel=true'],
    ),
  ]);
} else {
  test.skip('official Java client 5.3.3', () => undefined);
  test.run();
}

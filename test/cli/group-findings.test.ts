import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConsumerRunningInfo } from '../../src/admin/answers.ts';
import { groupFindings, stuckQueues } from '../../src/cli/commands/consumer/group-findings.ts';

type State = ConsumerRunningInfo['queues'][number]['state'];

function member(expression: string, states: State[], properties: [string, string][] = []) {
  const info: ConsumerRunningInfo = {
    properties: new Map([['PROP_CONSUME_TYPE', 'CONSUME_PASSIVELY'], ...properties]),
    subscriptions: [{ topic: 'T', expression, classFilterMode: false }],
    queues: states.map((state, queueId) => ({ topic: 'T', brokerName: 'b', queueId, state })),
    ...{ popQueues: [], rates: [], userInfo: new Map(), jstack: null },
  };
  return info;
}

test('members that subscribe differently are warned of', () => {
  const told = new Map([
    ['one', member('A', [])],
    ['two', member('B', [])],
  ]);
  assert.match(groupFindings(told).join('\n'), 'WARN: Different subscription');
  told.set('two', member('A', []));
  assert.equal(groupFindings(told), [
    ...['', '', 'Same subscription in the same group of consumer'],
    ...['', 'Rebalance OK'],
  ]);
});

test('a queue with messages that none was consumed of for a minute is stuck', () => {
  const now = Date.now();
  const states = [
    { cachedMsgCount: 3, lastConsumeTimestamp: now - 90_000 },
    { cachedMsgCount: 0, lastConsumeTimestamp: now - 90_000 },
    { cachedMsgCount: 3, lastConsumeTimestamp: now - 1000 },
  ];
  const found = stuckQueues('one', member('A', states));
  assert.is(found.length, 1);
  assert.match(found[0] ?? '', /queueId=0\] can't consume for a while, maybe blocked, 9\d{4}ms/);
  const puller = member('A', states, [['PROP_CONSUME_TYPE', 'CONSUME_ACTIVELY']]);
  assert.equal(stuckQueues('one', puller), []);
});

test('an orderly member without its lock, or that cannot give it back', () => {
  const states = [
    { locked: false, lastLockTimestamp: Date.now() - 5000 },
    { locked: true, droped: true, tryUnlockTimes: 2 },
    { locked: true, droped: false, tryUnlockTimes: 0 },
  ];
  const found = stuckQueues('one', member('A', states, [['PROP_CONSUMEORDERLY', 'true']]));
  assert.is(found.length, 2);
  assert.match(found[0] ?? '', "can't lock for a while");
  assert.match(found[1] ?? '', 'unlock 2 times, still failed');
});

test.run();

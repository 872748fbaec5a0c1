import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LOCK_LIFE_MS, QueueLocks } from '../../../src/broker/rebalance/queue-locks.ts';

const locking = suite('queue locks');

const queue = (queueId: number) => ({ topic: 'T', brokerName: 'broker-a', queueId });

function locks() {
  const clock = { nowMs: 1000 };
  const changes: string[] = [];
  const table = new QueueLocks(
    () => clock.nowMs,
    (group) => changes.push(group),
  );
  return { clock, changes, table };
}

locking('a queue is one client’s until it lets go', () => {
  const { table, changes } = locks();
  assert.equal(table.lock('G', [queue(0), queue(1)], 'one'), [queue(0), queue(1)]);
  assert.equal(table.lock('G', [queue(1), queue(2)], 'two'), [queue(2)]);
  assert.equal(table.lock('H', [queue(1)], 'two'), [queue(1)], 'groups do not share');
  table.unlock('G', [queue(0), queue(1)], 'two');
  assert.equal(table.lock('G', [queue(0)], 'two'), [], 'only the holder unlocks');
  table.unlock('G', [queue(0), queue(1)], 'one');
  assert.equal(table.lock('G', [queue(0)], 'two'), [queue(0)]);
  assert.equal(changes, ['G', 'H']);
});

locking('a lock lives 60 s from its last renewal', () => {
  const { table, clock, changes } = locks();
  table.lock('G', [queue(0)], 'one');
  clock.nowMs += LOCK_LIFE_MS;
  assert.equal(table.lock('G', [queue(0)], 'two'), []);
  assert.equal(table.lock('G', [queue(0)], 'one'), [queue(0)], 'renewed');
  clock.nowMs += LOCK_LIFE_MS + 1;
  assert.is(table.holdsAny('G'), false);
  table.expire();
  assert.equal(changes, ['G', 'G']);
  assert.equal(table.lock('G', [queue(0)], 'two'), [queue(0)]);
});

locking('a group holds locks until the last one is released', () => {
  const { table, changes } = locks();
  table.lock('G', [queue(0), queue(1)], 'one');
  table.unlock('G', [queue(0)], 'one');
  assert.is(table.holdsAny('G'), true);
  assert.equal(changes, ['G']);
  table.unlock('G', [queue(1)], 'one');
  assert.is(table.holdsAny('G'), false);
  assert.equal(changes, ['G', 'G']);
});

locking.run();

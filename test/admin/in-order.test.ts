import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allInOrder, inOrder } from '../../src/admin/in-order.ts';

const numbers = Array.from({ length: 200 }, (_, index) => index);

test('answers come in the order of the questions, whatever order they arrive in', async () => {
  const seen: number[] = [];
  for await (const [item, outcome] of inOrder(numbers, async (each) => {
    // Later questions of a batch answer first.
    for (let turns = 40 - (each % 40); turns > 0; turns--) await Promise.resolve();
    return each * 2;
  })) {
    assert.equal(outcome, { value: item * 2 });
    seen.push(item);
  }
  assert.equal(seen, numbers);
});

test('many questions are under way at once, but never more than 32', async () => {
  let running = 0;
  let most = 0;
  await allInOrder(numbers, async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  });
  assert.is(most, 32);
});

test('a failed question keeps no other from its answer', async () => {
  const failed: number[] = [];
  let answered = 0;
  for await (const [item, outcome] of inOrder(numbers, async (each) => {
    if (each % 50 === 7) throw new Error(`no ${each}`);
  })) {
    if ('error' in outcome) failed.push(item);
    else answered++;
  }
  assert.equal(failed, [7, 57, 107, 157]);
  assert.is(answered, 196);
});

test('allInOrder throws the first failure after every question has ended', async () => {
  let ended = 0;
  const all = allInOrder(numbers, async (each) => {
    await new Promise((resolve) => setImmediate(resolve));
    ended++;
    if (each === 3 || each === 5) throw new Error(`no ${each}`);
  });
  try {
    await all;
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), 'no 3');
  }
  assert.is(ended, numbers.length);
});

test.run();

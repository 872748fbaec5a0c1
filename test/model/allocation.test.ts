import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allocateAveragely, allocateByCircle } from '../../src/model/allocation.ts';

const queues = [0, 1, 2, 3, 4, 5, 6, 7];

test('runs, the first members one more', () => {
  const shares = [0, 1, 2].map((index) => allocateAveragely(queues, index, 3));
  assert.equal(shares, [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7],
  ]);
});

test('every third', () => {
  const shares = [0, 1, 2].map((index) => allocateByCircle(queues, index, 3));
  assert.equal(shares, [
    [0, 3, 6],
    [1, 4, 7],
    [2, 5],
  ]);
});

test('each queue goes to one member, and no two shares differ by more than one', () => {
  const sizes = fc.integer({ min: 0, max: 40 });
  const fair = fc.property(sizes, fc.integer({ min: 1, max: 40 }), (size, members) => {
    const all = Array.from({ length: size }, (_, index) => index);
    for (const allocate of [allocateAveragely, allocateByCircle]) {
      const shares = Array.from({ length: members }, (_, index) => allocate(all, index, members));
      assert.equal(
        shares.flat().sort((a, b) => a - b),
        all,
      );
      const lengths = shares.map((share) => share.length);
      assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
    }
  });
  fc.assert(fair);
});

test.run();

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
  for (let size = 0; size <= 40; size++) {
    for (let members = 1; members <= 40; members++) isFair(size, members);
  }
});

function isFair(size: number, members: number): void {
  const all = Array.from({ length: size }, (_, index) => index);
  for (const allocate of [allocateAveragely, allocateByCircle]) {
    const shares = Array.from({ length: members }, (_, index) => allocate(all, index, members));
    const inOrder = shares.flat().sort((a, b) => a - b);
    assert.equal(inOrder, all);
    const lengths = shares.map((share) => share.length);
    assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
  }
}

test.run();

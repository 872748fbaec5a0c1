import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boundOf, memoryOverPromised, type Pair } from '../../bench/sync-bound.ts';

const pair = (shareOfLimit: number, device: number, memory: number): Pair => ({
  shareOfLimit,
  device,
  memory,
});

test('memory is held against the rate that is promised on the device', () => {
  // 400 of 500 is what the promise asks for where 300 is 0.6 of the limit.
  assert.ok(Math.abs(memoryOverPromised(pair(0.6, 300, 380)) - 0.95) < 1e-9);
  assert.ok(Math.abs(memoryOverPromised(pair(0.9, 450, 500)) - 1.25) < 1e-9);
});

test('a share that is promised is met, however fast memory is', () => {
  assert.is(boundOf([pair(0.8, 400, 900), pair(0.9, 450, 900), pair(0.7, 350, 900)]), 'met');
  assert.is(boundOf([pair(0.85, 400, 410)]), 'met');
});

test('the processors are the bound where memory does not reach what is promised', () => {
  const slow = pair(0.6, 300, 380);
  assert.is(boundOf([slow, slow, pair(0.6, 300, 500)]), 'processors');
});

test('nothing is shown where memory could do it', () => {
  const fast = pair(0.6, 300, 420);
  assert.is(boundOf([fast, fast, pair(0.6, 300, 100)]), 'neither shown');
});

test.run();

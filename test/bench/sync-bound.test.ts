import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  boundOf,
  inFewMessages,
  memoryOverPromised,
  type Pair,
  processorsOverMemory,
} from '../../bench/sync-bound.ts';
import { chosenWorkloads, type Workload } from '../../bench/workloads.ts';

/** At 0.6 of the limit, the promise asks for 400 messages a second and 0.8 of the processors. */
function pair(changed: Partial<Pair> = {}): Pair {
  const busy = { deviceBusy: 0.6, memoryBusy: 0.9 };
  const shares = { shareOfLimit: 0.6, shareOfFew: 0.7 };
  return { ...shares, device: 300, memory: 420, ...busy, ...changed };
}

const isNear = (value: number, expected: number): void =>
  assert.ok(Math.abs(value - expected) < 1e-9, `${value}, not ${expected}`);

test('memory is held against what is promised on the device', () => {
  isNear(memoryOverPromised(pair({ memory: 380 })), 0.95);
  isNear(memoryOverPromised(pair({ shareOfLimit: 0.9, device: 450, memory: 500 })), 1.25);
  isNear(processorsOverMemory(pair()), 0.8 / 0.9);
  isNear(processorsOverMemory(pair({ shareOfLimit: 0.96, memoryBusy: 0.5 })), 1);
});

test('a share that is promised is met, whatever memory says', () => {
  const slow = { memory: 1, memoryBusy: 0.1 };
  const shares = [0.8, 0.9, 0.7].map((shareOfLimit) => pair({ shareOfLimit, ...slow }));
  assert.is(boundOf(shares), 'met');
  assert.is(boundOf([pair({ shareOfLimit: 0.79 })]), 'neither shown');
});

test('the processors are the bound where memory does not reach what is promised', () => {
  const slow = pair({ memory: 380 });
  assert.is(boundOf([slow, slow, pair()]), 'processors');
  assert.is(boundOf([slow, pair(), pair()]), 'neither shown');
});

test('the processors are the bound where what is promised takes more than a load gets', () => {
  const busy = pair({ deviceBusy: 0.7 });
  assert.is(boundOf([busy, busy, pair()]), 'processors');
  assert.is(boundOf([busy, pair(), pair()]), 'neither shown');
});

test('the processors are the bound where as many bytes in fewer messages reach the promise', () => {
  const few = pair({ shareOfFew: 0.8 });
  assert.is(boundOf([few, few, pair()]), 'processors');
  assert.is(boundOf([few, pair(), pair()]), 'neither shown');
});

test('fewer messages are as many bytes in flight', () => {
  for (const workload of chosenWorkloads('sync-64,sync-128,sync-256,sync-512,sync-1024')) {
    const few = inFewMessages(workload);
    const bytes = ({ connections, inFlight, bodyBytes }: Workload): number =>
      connections * inFlight * bodyBytes;
    assert.is(bytes(few), bytes(workload));
    assert.is(few.bodyBytes, 16 * workload.bodyBytes);
    assert.is(few.inFlight * 16, workload.inFlight);
  }
  const [alone] = chosenWorkloads('sync-1');
  assert.throws(() => alone !== undefined && inFewMessages(alone), /sync-1 has too few/);
});

test.run();

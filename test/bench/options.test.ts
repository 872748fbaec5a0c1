import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { count, oneOf, seconds } from '../../bench/options.ts';
import { other } from '../../bench/peers.ts';
import { spread } from '../../bench/statistics.ts';
import { chosenCandidates } from '../../bench/tune-java.ts';
import { chosenWorkloads, workloads } from '../../bench/workloads.ts';

test('workloads are chosen by name and an unknown one names those there are', () => {
  assert.equal(
    chosenWorkloads('sync-1,async-64').map(({ name }) => name),
    ['sync-1', 'async-64'],
  );
  assert.is(chosenWorkloads('all').length, workloads.length);
  assert.throws(() => chosenWorkloads('async-65'), /"async-65".*open-10k/);
  assert.is(new Set(workloads.map(({ name }) => name)).size, workloads.length);
});

test('the depth in a name is the number of requests in flight', () => {
  for (const { name, connections, inFlight } of workloads) {
    const [, depth] = /-(\d+)$/.exec(name) ?? [];
    if (depth !== undefined) assert.is(connections * inFlight, Number(depth), name);
  }
});

test('numbers and words that are none are refused by their option', () => {
  assert.is(count('--pairs', '5'), 5);
  assert.is(seconds('--seconds', '0.5'), 0.5);
  for (const text of ['0', '-1', '1.5', 'x', '']) {
    assert.throws(() => count('--pairs', text), /--pairs/);
  }
  assert.throws(() => seconds('--seconds', '-1'), /--seconds/);
  assert.is(oneOf('--java', 'both', ['tuned', 'both']), 'both');
  assert.throws(() => oneOf('--java', 'no', ['tuned', 'both']), /tuned, both/);
});

test('another broker is a name and an executable file, and never words for a shell', async () => {
  const node = other(`some.broker-1=${process.execPath}`);
  assert.is(node.name, 'some.broker-1');
  const files = { folder: '/f', brokerProperties: '/f/a b;c' } as Parameters<
    typeof node.command
  >[0];
  assert.equal(await node.command(files), {
    command: process.execPath,
    args: ['-c', '/f/a b;c'],
  });
  assert.throws(() => other('noequals'), /name=path/);
  assert.throws(() => other('../x=/bin/sh'), /name=path/);
  assert.throws(() => other('x=/no/such/program'), /cannot be run.*ENOENT/);
  assert.throws(() => other('x=/etc/passwd'), /cannot be run.*EACCES/);
  assert.throws(() => other('x=/tmp'), /no program/);
});

test('candidates join with + and keep their settings', () => {
  assert.equal(chosenCandidates('epoll+spin'), [
    {
      name: 'epoll+spin',
      settings: { useEpollNativeSelector: true, useReentrantLockWhenPutMessage: false },
    },
  ]);
  assert.throws(() => chosenCandidates('epoll+warp'), /epoll, threads-1/);
});

test('a median of an even count lies between the two in the middle', () => {
  assert.equal(spread([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4, runs: 4 });
  assert.throws(() => spread([]));
});

test.run();

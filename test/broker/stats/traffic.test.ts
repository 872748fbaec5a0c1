import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RateWindow } from '../../../src/broker/stats/rate-window.ts';
import { bytesText } from '../../../src/broker/stats/runtime-info.ts';
import { Traffic } from '../../../src/broker/stats/traffic.ts';
import type { Counters } from '../../../src/dataplane/data-plane.ts';

const traffic = suite('traffic');

traffic('rates are over 10 s, 60 s and 600 s', () => {
  const window = new RateWindow();
  // 100/s for ten minutes, then 700/s for the last ten seconds.
  for (let second = 0; second <= 600; second += 10) window.sample(second * 1000, second * 100);
  const rates = window
    .text(610_000, 60_000 + 7000)
    .split(' ')
    .map(Number);
  assert.equal(rates, [700, 200, 110]);
});

traffic('before there is a window, the rate is since the first sample', () => {
  const window = new RateWindow();
  assert.is(window.rate(5000, 50, 10_000), 0);
  window.sample(0, 0);
  assert.is(window.rate(5000, 50, 10_000), 10);
});

traffic('a topic that appeared since the last sample has a rate at once', () => {
  const clock = { nowMs: 0 };
  const topics: Counters['topics'] = [];
  const stats = new Traffic(
    () => ({
      topics,
      groups: [],
      sendBackMessages: 0,
      connections: 0,
      heldPulls: 0,
      upwardQueueDepth: 0,
    }),
    () => clock.nowMs,
  );
  topics.push({ topic: 'T', putMessages: 50, putBytes: 0 });
  clock.nowMs = 5000;
  assert.is(stats.topicPutTps('T'), 10);
  clock.nowMs = 10_000;
  stats.sample();
  assert.is(stats.topicPutTps('T'), 5);
  assert.is(stats.topicPutTps('none'), 0);
});

traffic('midnight moves the morning marks', () => {
  const clock = { nowMs: new Date(2026, 4, 5, 23, 59).getTime() };
  let putMessages = 100;
  const counters = (): Counters => ({
    topics: [{ topic: 'T', putMessages, putBytes: 0 }],
    groups: [],
    sendBackMessages: 0,
    connections: 0,
    heldPulls: 0,
    upwardQueueDepth: 0,
  });
  const stats = new Traffic(counters, () => clock.nowMs);
  assert.equal(stats.puts(), { yesterdayMorning: 0, todayMorning: 0, now: 100 });
  clock.nowMs += 120_000;
  stats.sample();
  putMessages = 150;
  assert.equal(stats.puts(), { yesterdayMorning: 0, todayMorning: 100, now: 150 });
  clock.nowMs += 86_400_000;
  stats.sample();
  assert.equal(stats.puts(), { yesterdayMorning: 100, todayMorning: 150, now: 150 });
});

traffic('bytes read as Java writes them', () => {
  assert.equal([0, 1023, 1024, 1536, 1024 ** 3].map(bytesText), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 GiB',
  ]);
});

traffic.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RateWindow } from '../../../src/broker/stats/rate-window.ts';
import { bytesText } from '../../../src/broker/stats/runtime-info.ts';
import { Traffic } from '../../../src/broker/stats/traffic.ts';
import type { Counters } from '../../../src/dataplane/data-plane.ts';

const traffic = suite('traffic');

const NOTHING: Counters = {
  topics: [],
  groups: [],
  sendBackMessages: 0,
  failedPuts: 0,
  foundPulls: 0,
  missedPulls: 0,
  connections: 0,
  heldPulls: 0,
  upwardQueueDepth: 0,
};

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
    () => ({ ...NOTHING, topics }),
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

function counting() {
  const clock = { nowMs: 0 };
  const counted = { put: 0, got: 0, pulls: 0, back: 0 };
  const counters = (): Counters => ({
    ...NOTHING,
    foundPulls: counted.pulls,
    topics:
      counted.put === 0
        ? []
        : [{ topic: 'T', putMessages: counted.put, putBytes: counted.put * 9 }],
    groups: [
      {
        group: 'G',
        topic: 'T',
        getMessages: counted.got,
        getBytes: counted.got * 9,
        getTimes: counted.pulls,
        sendBackMessages: counted.back,
      },
    ],
  });
  const stats = new Traffic(counters, () => clock.nowMs, 'Cluster');
  const pass = (spanMs: number): void => {
    for (let left = spanMs; left > 0; left -= 10_000) {
      clock.nowMs += 10_000;
      stats.sample();
    }
  };
  return { clock, counted, stats, pass };
}

traffic('what was counted is in the minute, the hour and the day at once, exactly', () => {
  const { clock, counted, stats } = counting();
  assert.is(stats.stat('TOPIC_PUT_NUMS', 'T'), null, 'nothing was counted');
  Object.assign(counted, { put: 10_000, got: 9000, pulls: 300 });
  clock.nowMs = 5000;
  const put = stats.stat('TOPIC_PUT_NUMS', 'T');
  assert.equal([put?.minute.sum, put?.hour.sum, put?.day.sum], [10_000, 10_000, 10_000]);
  assert.equal(put?.minute, { sum: 10_000, tps: 2000, avgpt: 1 });
  assert.is(stats.stat('TOPIC_PUT_SIZE', 'T')?.day.avgpt, 9);
  assert.is(stats.stat('GROUP_GET_NUMS', 'T@G')?.day.sum, 9000);
  assert.is(stats.stat('GROUP_GET_NUMS', 'T@G')?.day.avgpt, 30, 'messages of a pull');
  assert.is(stats.stat('BROKER_PUT_NUMS', 'Cluster')?.day.sum, 10_000);
  for (const [name, key] of [
    ['TOPIC_PUT_NUMS', 'U'],
    ['SNDBCK_PUT_NUMS', 'T@G'],
    ['BROKER_PUT_NUMS', 'Other'],
    ['TOPIC_PUT_LATENCY', 'T'],
  ]) {
    assert.is(stats.stat(name ?? '', key ?? ''), null, name);
  }
});

traffic('a message leaves the minute, then the hour, then the day', () => {
  const { counted, stats, pass } = counting();
  counted.put = 100;
  pass(30_000);
  counted.put = 150;
  const sums = () => {
    const found = stats.stat('TOPIC_PUT_NUMS', 'T');
    return [found?.minute.sum, found?.hour.sum, found?.day.sum];
  };
  assert.equal(sums(), [150, 150, 150]);
  pass(70_000);
  assert.equal(sums(), [0, 150, 150]);
  pass(3_600_000 + 600_000);
  assert.equal(sums(), [0, 0, 150]);
  pass(86_400_000 + 3_600_000);
  assert.equal(sums(), [0, 0, 0]);
});

traffic('pulls that found have a rate of their own', () => {
  const { clock, counted, stats } = counting();
  counted.pulls = 50;
  clock.nowMs = 10_000;
  assert.is(stats.rates('getFound'), '5 5 5');
  assert.is(stats.rates('getMiss'), '0 0 0');
  assert.is(stats.rates('getTotal'), '5 5 5');
});

traffic('midnight moves the morning marks', () => {
  const clock = { nowMs: new Date(2026, 4, 5, 23, 59).getTime() };
  let putMessages = 100;
  const counters = (): Counters => ({
    ...NOTHING,
    topics: [{ topic: 'T', putMessages, putBytes: 0 }],
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

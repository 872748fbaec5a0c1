import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CounterReader } from '../../../src/broker/stats/counter-reading.ts';
import type { Counters } from '../../../src/dataplane/data-plane.ts';

const rest = {
  sendBackMessages: 0,
  failedPuts: 0,
  foundPulls: 0,
  missedPulls: 0,
  connections: 0,
  heldPulls: 0,
  upwardQueueDepth: 0,
};

function put(topic: string, putMessages: number): Counters['topics'][number] {
  return { topic, putMessages, putBytes: putMessages * 10 };
}

test('totals never fall: a deleted topic keeps what it counted, a new one of its name adds', () => {
  let topics = [put('A', 5), put('B', 2)];
  const reader = new CounterReader(() => ({ ...rest, topics, groups: [] }));
  assert.is(reader.read().putMessages, 7);
  topics = [put('B', 3)];
  assert.is(reader.read().putMessages, 8);
  assert.is(reader.read().putMessages, 8, 'what is gone counts once');
  topics = [put('B', 3), put('A', 1)];
  const reading = reader.read();
  assert.is(reading.putMessages, 9);
  assert.is(reading.putBytes, 90);
  topics = [put('B', 4), put('A', 0)];
  assert.is(reader.read().putMessages, 10, 'made again between two readings');
});

test.run();

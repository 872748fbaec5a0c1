import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import ons from 'ali-ons';
import { Inbox } from './session.mjs';

const QUEUES = 4;
const LANES = 8;
const BODY_MAX_BYTES = 65_536;

/**
 * Bodies of 1 B to 64 KiB from several lanes that each wait for their answers, while a push
 * consumer takes them: byte-equal, each once, none that was not sent, order kept per queue.
 */
export function mixedTraffic(count) {
  return async (session, seen) => {
    const producer = await session.producer();
    const topic = await session.createTopic(producer, QUEUES);
    const inbox = new Inbox();
    const consumer = await session.consumer(session.name('group'));
    consumer.subscribe(topic, '*', async (delivered) => inbox.take(delivered));
    await Promise.all(
      Array.from({ length: LANES }, (_, lane) => sendLane(producer, topic, lane, count)),
    );
    const delivered = await inbox.await(count);
    seen.delivered = delivered.length;
    check(delivered, count);
  };
}

async function sendLane(producer, topic, lane, count) {
  let place = 0;
  for (let index = lane; index < count; index += LANES) {
    const result = await producer.send(message(topic, index, lane, place++));
    assert.equal(result.sendStatus, 'SEND_OK');
  }
}

function message(topic, index, lane, place) {
  const made = new ons.Message(topic, body(index));
  Object.assign(made.properties, { index: `${index}`, lane: `${lane}`, place: `${place}` });
  made.shardingKey = `lane-${lane}`;
  return made;
}

/** Both ends can compute it; sizes are spread evenly over the powers of two. */
function body(index) {
  const seed = createHash('sha256').update(`${index}`).digest();
  if (index === 0) return seed.subarray(0, 1);
  const size =
    index === 1 ? BODY_MAX_BYTES : Math.round(2 ** ((seed.readUInt32BE(0) / 2 ** 32) * 16));
  const made = Buffer.alloc(size, index % 2 === 0 ? seed : 'text ');
  for (let i = 0; index % 2 === 0 && i + 4 <= size; i += 32) made.writeUInt32BE(i, i);
  return made;
}

/** The client goes through the queues in turn, so each queue's own order is what it delivers. */
function check(delivered, count) {
  const seen = new Set();
  const nextOffset = new Map();
  const lastPlace = new Map();
  for (const one of delivered) {
    const { index, lane, place } = one.properties;
    assert.ok(!seen.has(index), `message ${index} was delivered again`);
    seen.add(index);
    assert.ok(body(Number(index)).equals(one.body), `the body of message ${index} differs`);
    const offset = Number(one.queueOffset);
    assert.equal(offset, nextOffset.get(one.queueId) ?? 0, `offset in queue ${one.queueId}`);
    nextOffset.set(one.queueId, offset + 1);
    const key = `${one.queueId}/${lane}`;
    assert.ok(Number(place) > (lastPlace.get(key) ?? -1), `order of lane ${lane}`);
    lastPlace.set(key, Number(place));
  }
  assert.equal(seen.size, count);
}

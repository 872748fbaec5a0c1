import assert from 'node:assert/strict';
import ons from 'ali-ons';
import { Inbox } from './session.mjs';

const TAG = '标签';
const KEY = 'заказ-42-訂單-🚀';
const VALUE = 'süß 🚀 日本語';

/** Tag, key, property and body outside ASCII. */
export async function unicodeText(session, seen) {
  const producer = await session.producer();
  const topic = await session.createTopic(producer, 1);
  const sent = new ons.Message(topic, TAG, VALUE);
  sent.keys = [KEY, 'second-key'];
  sent.properties['größe'] = VALUE;
  const { msgId } = await producer.send(sent);
  const inbox = new Inbox();
  const consumer = await session.consumer(session.name('group'));
  consumer.subscribe(topic, TAG, async (message) => inbox.take(message));
  const [message] = await inbox.await(1);
  assert.equal(message.msgId, msgId);
  assert.equal(message.tags, TAG);
  assert.equal(message.keys, `${KEY} second-key`);
  assert.equal(message.properties['größe'], VALUE);
  assert.equal(message.body.toString(), VALUE);
  seen.delivered = inbox.delivered.length;
}

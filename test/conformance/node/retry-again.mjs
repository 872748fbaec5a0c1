import assert from 'node:assert/strict';
import ons from 'ali-ons';
import { Inbox } from './session.mjs';

/**
 * A refused message comes again under its original id, ten seconds later: this client leaves the
 * level to us.
 */
export async function retryAgain(session, seen) {
  const producer = await session.producer();
  const topic = await session.createTopic(producer, 1);
  const { msgId } = await producer.send(new ons.Message(topic, 'tag', 'refused once'));
  const inbox = new Inbox();
  const consumer = await session.consumer(session.name('group'));
  consumer.subscribe(topic, '*', async (message) => {
    inbox.take(message);
    return inbox.delivered.length === 1 ? ons.Consumer.ACTION_RETRY : undefined;
  });
  const [first, second] = await inbox.await(2);
  assert.equal(first.msgId, msgId);
  // What this client calls msgId is the place in the log, another one after each retry.
  assert.equal(second.originMessageId, msgId);
  assert.equal(second.properties.UNIQ_KEY, first.properties.UNIQ_KEY);
  assert.equal(second.reconsumeTimes, 1);
  assert.equal(second.topic, topic);
  assert.equal(second.body.toString(), 'refused once');
  seen.attempts = inbox.delivered.length;
}

import ons from 'ali-ons';
import { Inbox } from './session.mjs';

/** `A || B` delivers these two tags, not the third and not messages without one. */
export async function tagFilter(session, seen) {
  const producer = await session.producer();
  const topic = await session.createTopic(producer, 2);
  const wanted = [];
  for (let i = 0; i < 80; i++) {
    const tag = ['A', 'B', 'C', ''][i % 4];
    const { msgId } = await producer.send(new ons.Message(topic, tag, `body ${i}`));
    if (i % 4 < 2) wanted.push(msgId);
  }
  const inbox = new Inbox();
  const consumer = await session.consumer(session.name('group'));
  consumer.subscribe(topic, 'A || B', async (message) => inbox.take(message));
  await inbox.await(wanted.length);
  inbox.requireExactly(wanted);
  seen.matching = wanted.length;
}

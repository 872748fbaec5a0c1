/**
 * Where a message is and what became of it, from requests that every RocketMQ broker answers.
 *
 * A message is looked for by the place that an offset message id names, by a client's unique id
 * and by a business key, in this order; then all its copies are told of: as sent, while delayed,
 * each retry, as a dead letter. Invariants: a broker that does not answer is named and its slave
 * asked; "never arrived" is only said when every log reaches back to before the id was made.
 * Refuses: guessing. Offsets are what groups have committed, which a consumer does every 5 s.
 */
import { placeOf } from '../../model/message-id.ts';
import type { AdminClient } from '../admin-client.ts';
import { originOf } from '../unique-id.ts';
import { copyStory } from './copy.ts';
import { groupStories } from './groups.ts';
import { type Logs, logsOf } from './logs.ts';
import { type Copy, Search } from './search.ts';
import type { Absence, MessageStory, WhereIs } from './story.ts';

/** Messages told of when many have the same key. */
const messagesMaximum = 8;

export interface WhereIsQuestion {
  /** An offset message id, a unique id or a business key. */
  id: string;
  /** Where to look for ids and keys; every topic of every broker without it. */
  topic: string | null;
  /** A group to be told of even when it does not consume the topic. */
  group: string | null;
}

export async function whereIs(
  admin: AdminClient,
  { id, topic, group }: WhereIsQuestion,
): Promise<WhereIs> {
  const logs = await logsOf(admin);
  const search = new Search(admin, logs, topic);
  const found = await messagesWith(search, id);
  const messages: MessageStory[] = [];
  for (const [messageId, copies] of [...found].slice(0, messagesMaximum)) {
    messages.push(await messageStory(admin, messageId, copies, group));
  }
  return {
    asked: id,
    messages,
    more: found.size - messages.length,
    absence: messages.length === 0 ? absence(id, logs) : null,
    silent: logs.silent,
  };
}

/** Copies by the id of their message. */
async function messagesWith(search: Search, id: string): Promise<Map<string, Copy[]>> {
  const placed = await search.byPlace(id);
  if (placed !== null) {
    const uniqueId = placed.message.properties.get('UNIQ_KEY');
    const copies = uniqueId === undefined ? [] : await search.byKey(uniqueId, true);
    const isAmong = copies.some(({ message }) => isSame(message, placed.message));
    return new Map([[placed.message.messageId, isAmong ? copies : [...copies, placed]]]);
  }
  const copies = await search.byKey(id, true);
  if (copies.length > 0) return new Map([[id, copies]]);
  const messages = new Map<string, Copy[]>();
  for (const copy of await search.byKey(id, false)) {
    const { messageId } = copy.message;
    messages.set(messageId, [...(messages.get(messageId) ?? []), copy]);
  }
  return messages;
}

function isSame(one: Copy['message'], other: Copy['message']): boolean {
  return one.offsetMessageId === other.offsetMessageId;
}

async function messageStory(
  admin: AdminClient,
  messageId: string,
  copies: readonly Copy[],
  group: string | null,
): Promise<MessageStory> {
  const stories = [];
  for (const copy of copies) {
    const story = await copyStory(admin, copy, copies);
    stories.push({ ...story, groups: await groupStories(admin, copy, copies, group) });
  }
  const uniqueId = copies[0]?.message.properties.get('UNIQ_KEY');
  const origin = uniqueId === undefined ? null : originOf(uniqueId);
  return { messageId, origin, copies: stories };
}

function absence(id: string, { all, speakers, silent }: Logs): Absence {
  const times = speakers.flatMap(({ oldestTimestamp }) => oldestTimestamp ?? []);
  const oldestTimestamp = times.length === 0 ? null : Math.min(...times);
  const place = placeOf(id);
  const owner = place === null ? undefined : all.find(({ address }) => address === place.address);
  if (place !== null && owner !== undefined) {
    const { brokerName, address, begin, end } = owner;
    const { physicalOffset } = place;
    const shown = { brokerName, address, physicalOffset, logBegin: begin, logEnd: end };
    const written = physicalOffset < end ? 'NO_RECORD' : 'NOT_WRITTEN';
    const reason = physicalOffset < begin ? 'EXPIRED' : written;
    return { reason, place: shown, origin: null, oldestTimestamp };
  }
  const origin = originOf(id);
  const isUnasked = silent.some(
    ({ brokerName }) => !speakers.some((speaker) => speaker.brokerName === brokerName),
  );
  if (isUnasked) return { reason: 'UNASKED', place: null, origin, oldestTimestamp };
  if (origin === null) return { reason: 'NOT_FOUND', place: null, origin, oldestTimestamp };
  // An empty log that begins at 0 has lost nothing.
  const reachesBack = speakers.every(
    (log) => log.begin === 0 || (log.oldestTimestamp ?? Number.MAX_VALUE) <= origin.madeAt,
  );
  const reason = reachesBack ? 'NEVER_ARRIVED' : 'MAY_HAVE_EXPIRED';
  return { reason, place: null, origin, oldestTimestamp };
}

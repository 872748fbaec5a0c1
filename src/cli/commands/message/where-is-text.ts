/** The plain lines of `whereIs`. */
import type {
  Absence,
  CopyStory,
  GroupStory,
  MessageStory,
  WhereIs,
} from '../../../admin/where-is/story.ts';
import { formatMillis, formatSeconds } from '../../output.ts';

export function messageLines({ messageId, origin, copies }: MessageStory): string[] {
  const from =
    origin === null
      ? ''
      : `, made by process ${origin.pid} at ${origin.address} on ${formatSeconds(origin.madeAt)}`;
  return [`Message ${messageId}${from}`, ...copies.flatMap(copyLines), ''];
}

function copyLines(copy: CopyStory): string[] {
  const { brokerName, brokerId, address, storedTopic, queueId, queueOffset } = copy;
  const teller = brokerId === 0 ? '' : `, told by its slave ${brokerId}`;
  return [
    `  ${whatItIs(copy)}`,
    `    stored on ${brokerName} (${address}${teller}) at ${formatMillis(copy.storeTimestamp)}`,
    `    topic ${storedTopic}, queue ${queueId}, offset ${queueOffset}; ` +
      `log position ${copy.physicalOffset}, ${copy.storeSize} bytes, ` +
      `offset id ${copy.offsetMessageId}`,
    ...hiddenLines(copy),
    ...groupLines(copy),
  ];
}

function whatItIs(copy: CopyStory): string {
  const { kind, topic, group, retry, retryMaximum } = copy;
  const of = retryMaximum === null ? '' : ` of ${retryMaximum}`;
  switch (kind) {
    case 'SENT':
      return `in topic ${topic}`;
    case 'DELAYED':
      return `delayed for topic ${topic}, ${waiting(copy)}`;
    case 'HALF':
      return `prepared in a transaction for topic ${topic}: not visible before it is committed`;
    case 'RETRY_DELAYED':
      return `retry ${retry}${of} of group ${group}, ${waiting(copy)}`;
    case 'RETRY':
      return `retry ${retry}${of} of group ${group}, to be consumed`;
    case 'DEAD':
      return `dead letter of group ${group}, after ${retry} times sent back`;
  }
}

function waiting({ dueTimestamp, isDelivered }: CopyStory): string {
  const due = dueTimestamp === null ? 'an unknown time' : formatMillis(dueTimestamp);
  return isDelivered === true ? `delivered, was due ${due}` : `waits until ${due}`;
}

function hiddenLines({ hidden, storedTopic, brokerName }: CopyStory): string[] {
  if (hidden === 'TOPIC_DELETED') {
    return [`    topic ${storedTopic} does not exist on ${brokerName} any more: unreadable`];
  }
  if (hidden === 'BEFORE_QUEUE_BEGIN') return ['    before the begin of its queue: unreadable'];
  return [];
}

function groupLines({ kind, groups }: CopyStory): string[] {
  if (groups.length > 0) return groups.map((group) => `    ${groupLine(group)}`);
  return kind === 'SENT' ? ['    no group consumes this topic'] : [];
}

function groupLine({ group, state, isOnline, offset, behind, cause }: GroupStory): string {
  const online = isOnline ? 'online' : 'offline';
  switch (state) {
    case 'CONSUMED':
      return `group ${group}: consumed, its offset is ${offset} (${online})`;
    case 'SENT_BACK':
      return `group ${group}: taken and sent back, its offset is ${offset} (${online})`;
    case 'NOT_YET':
      return `group ${group}: not yet, its offset is ${offset}, ${behind} behind (${online})`;
    case 'NEVER':
      return `group ${group}: has never consumed this queue (${online})`;
    case 'NOT_SUBSCRIBED':
      return `group ${group}: its subscription does not ask for this tag (${online})`;
    case 'BROADCASTING':
      return `group ${group}: broadcasting, each member knows alone (${online})`;
    case 'UNKNOWN':
      return `group ${group}: unknown, ${cause}`;
  }
}

export function absenceLines({ asked, absence, silent }: WhereIs): string[] {
  if (absence === null) return [];
  const lines = [`Message ${asked}: ${reasonText(absence)}`];
  const { origin, place, oldestTimestamp } = absence;
  if (origin !== null) {
    lines.push(`  client address ${origin.address}, process id ${origin.pid}`);
    lines.push(`  made on ${formatSeconds(origin.madeAt)} (the last such moment of a month)`);
  }
  if (place !== null) {
    const { brokerName, address, physicalOffset, logBegin, logEnd } = place;
    lines.push(`  position ${physicalOffset} of ${brokerName} (${address})`);
    lines.push(`  its log reaches from ${logBegin} to ${logEnd}`);
  }
  const oldest = oldestTimestamp === null ? 'none' : formatMillis(oldestTimestamp);
  lines.push(`  oldest message of the logs asked: ${oldest}`);
  if (silent.length > 0) lines.push('  not all brokers could be asked');
  return lines;
}

function reasonText({ reason }: Absence): string {
  switch (reason) {
    case 'EXPIRED':
      return 'expired, retention has removed that part of the log';
    case 'NOT_WRITTEN':
      return 'never written, that position is behind the end of the log';
    case 'NO_RECORD':
      return 'no message begins at that position of the log';
    case 'MAY_HAVE_EXPIRED':
      return 'expired or never arrived, it is older than every message';
    case 'NEVER_ARRIVED':
      return 'never arrived at a broker';
    case 'UNASKED':
      return 'not found, but a broker that may have it does not answer';
    case 'NOT_FOUND':
      return 'no message has this key';
  }
}

/** What a consumer tells about itself, as Java's `ConsumerRunningInfo.formatString` shows it. */
import type { ConsumerRunningInfo, PlainJson } from '../../../admin/answers.ts';
import { compareQueues } from '../../../model/message-queue.ts';
import { type Column, row } from '../../output.ts';

const queueHeader: Column[] = [64, 32, 4, 20].map((width) => ({ width }));
const popHeader: Column[] = [32, 32, 4, 20].map((width) => ({ width }));
const rateGap = ' ';
const rateColumns: Column[] = [14, 14, 14, 14, 18, 25].map((width) => ({ width, right: true }));
const rateNames = ['pullRT', 'pullTPS', 'consumeRT', 'consumeOKTPS', 'consumeFailedTPS'];

const queueMembers = [
  'commitOffset',
  'cachedMsgMinOffset',
  'cachedMsgMaxOffset',
  'cachedMsgCount',
  'cachedMsgSizeInMiB',
  'transactionMsgMinOffset',
  'transactionMsgMaxOffset',
  'transactionMsgCount',
  'locked',
  'tryUnlockTimes',
  'lastLockTimestamp',
  'droped',
  'lastPullTimestamp',
  'lastConsumeTimestamp',
];

type State = { readonly [name: string]: PlainJson };

export function runningInfoText(info: ConsumerRunningInfo): string {
  const queues = [...info.queues].sort(compareQueues);
  const lines = ['#Consumer Properties#'];
  for (const [key, value] of info.properties) lines.push(`${key.padEnd(40)}: ${value}`);
  lines.push('', '', '#Consumer Subscription#');
  info.subscriptions.forEach(({ topic, expression, classFilterMode }, index) => {
    const number = String(index + 1).padStart(3, '0');
    const filter = String(classFilterMode).padEnd(8);
    lines.push(
      `${number} Topic: ${topic.padEnd(40)} ClassFilter: ${filter} SubExpression: ${expression}`,
    );
  });
  lines.push('', '', '#Consumer Offset#');
  lines.push(row(queueHeader, ['#Topic', '#Broker Name', '#QID', '#Consumer Offset']));
  for (const { topic, brokerName, queueId, state } of queues) {
    lines.push(row(popHeader, [topic, brokerName, queueId, text(state, 'commitOffset')]));
  }
  lines.push('', '', '#Consumer MQ Detail#');
  lines.push(row(queueHeader, ['#Topic', '#Broker Name', '#QID', '#ProcessQueueInfo']));
  for (const { topic, brokerName, queueId, state } of queues) {
    lines.push(
      row(
        [...queueHeader.slice(0, 3), { width: 0 }],
        [topic, brokerName, queueId, queueText(state)],
      ),
    );
  }
  lines.push('', '', '#Consumer Pop Detail#');
  lines.push(row(popHeader, ['#Topic', '#Broker Name', '#QID', '#ProcessQueueInfo']));
  for (const { topic, brokerName, queueId, state } of [...info.popQueues].sort(compareQueues)) {
    lines.push(row(popHeader, [topic, brokerName, queueId, popText(state)]));
  }
  lines.push(...rateLines(info), ...userLines(info));
  return lines.join('\n');
}

function rateLines({ rates }: ConsumerRunningInfo): string[] {
  const names = ['#Pull RT', '#Pull TPS', '#Consume RT', '#ConsumeOK TPS', '#ConsumeFailed TPS'];
  const titles = row(rateColumns, [...names, '#ConsumeFailedMsgsInHour'], rateGap);
  const lines = ['', '', '#Consumer RT&TPS#', `${'#Topic'.padEnd(64)}  ${titles}`];
  for (const { topic, values } of rates) {
    const numbers = rateNames.map((name) => Number(values[name] ?? 0).toFixed(2));
    const failed = text(values, 'consumeFailedMsgs');
    lines.push(`${topic.padEnd(32)}  ${row(rateColumns, [...numbers, failed], rateGap)}`);
  }
  return lines;
}

function userLines({ userInfo, jstack }: ConsumerRunningInfo): string[] {
  const lines = ['', '', '#User Consume Info#'];
  for (const [key, value] of userInfo) lines.push(`${key.padEnd(40)}: ${value}`);
  if (jstack !== null) lines.push('', '', '#Consumer jstack#', jstack);
  return lines;
}

function queueText(state: State): string {
  const members = queueMembers.map((name) => {
    const value = text(state, name);
    return `${name}=${name.endsWith('Timestamp') ? compactTime(Number(value)) : value}`;
  });
  return `ProcessQueueInfo [${members.join(', ')}]`;
}

function popText(state: State): string {
  const { waitAckCount, droped, lastPopTimestamp } = state;
  return (
    `PopProcessQueueInfo [waitAckCount:${String(waitAckCount)}, droped:${String(droped)}, ` +
    `lastPopTimestamp:${String(lastPopTimestamp)}]`
  );
}

function text(state: State, name: string): string {
  return String(state[name] ?? 0);
}

/** Java UtilAll.timeMillisToHumanString: local time as 17 digits. */
function compactTime(timestampMs: number): string {
  const at = new Date(timestampMs);
  const digits = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  const two = digits.map((value) => String(value).padStart(2, '0')).join('');
  return `${at.getFullYear()}${two}${String(at.getMilliseconds()).padStart(3, '0')}`;
}

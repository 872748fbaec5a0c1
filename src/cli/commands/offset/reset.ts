/** What resetOffsetByTime and skipAccumulatedMessage share: resetting with or without members. */
import type { AdminClient } from '../../../admin/admin-client.ts';
import type { MessageQueue, OffsetReset } from '../../../admin/answers.ts';
import type { ResetQuestion } from '../../../admin/offsets.ts';
import { AnswerError } from '../../../remoting/errors.ts';
import { ResponseCode } from '../../../remoting/response-code.ts';
import { front, type Output } from '../../output.ts';
import { column, startTable } from '../../table.ts';

const onlineColumns = [
  column('brokerName', '#brokerName', 40),
  column('queueId', '#queueId', 40),
  column('offset', '#offset', 40),
];

type Reset = { online: [MessageQueue, number][] } | { offline: OffsetReset[] };

/** Through the members; when there are none, by writing the offsets at the brokers. */
export async function reset(admin: AdminClient, question: ResetQuestion): Promise<Reset> {
  try {
    return { online: await admin.offsets.resetOnline(question) };
  } catch (error) {
    const isOffline =
      error instanceof AnswerError && error.code === ResponseCode.CONSUMER_NOT_ONLINE;
    if (!isOffline) throw error;
    return { offline: await admin.offsets.resetOffline(question) };
  }
}

export function printOnline(queues: [MessageQueue, number][], out: Output): void {
  const line = startTable(out, onlineColumns);
  for (const [{ brokerName, queueId }, offset] of queues) {
    line([{ text: front(brokerName, 32), value: brokerName }, queueId, offset]);
  }
}

/** The last column is named by the command. */
export function printOffline(resets: OffsetReset[], lastTitle: string, out: Output): void {
  const line = startTable(out, [
    column('brokerName', '#brokerName', 20),
    column('queueId', '#queueId', 20),
    column('brokerOffset', '#brokerOffset', 20),
    column('consumerOffset', '#consumerOffset', 20),
    column('timestampOffset', '#timestampOffset', 20),
    column('resetOffset', lastTitle, 20),
  ]);
  for (const each of resets) {
    const { brokerName, queueId, brokerOffset, consumerOffset } = each;
    const before = [queueId, brokerOffset, consumerOffset];
    const name = { text: front(brokerName, 32), value: brokerName };
    line([name, ...before, each.timestampOffset, each.resetOffset]);
  }
}

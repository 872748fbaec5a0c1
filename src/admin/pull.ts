/** One pull by a tool: no hold, no offset commit. */
import { AnswerError } from '../remoting/errors.ts';
import { createRequest, type RemotingCommand } from '../remoting/remoting-command.ts';
import { RequestCode } from '../remoting/request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { PullStatus } from './answers.ts';
import { decodeRecords, type StoredMessage } from './message-record.ts';

const subscriptionInline = 4;

const statuses: ReadonlyMap<number, PullStatus> = new Map([
  [ResponseCode.SUCCESS, 'FOUND'],
  [ResponseCode.PULL_NOT_FOUND, 'NO_NEW_MSG'],
  [ResponseCode.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MSG'],
  [ResponseCode.PULL_OFFSET_MOVED, 'OFFSET_ILLEGAL'],
]);

export interface PullQuestion {
  consumerGroup: string;
  topic: string;
  queueId: number;
  offset: number;
  maxMessages: number;
  /** Tags as consumers give them (`A || B`); all without it. */
  subscription?: string;
}

export interface PullAnswer {
  status: PullStatus;
  messages: StoredMessage[];
  nextBeginOffset: number;
}

export async function pullFrom(
  broker: string,
  question: PullQuestion,
  request: (command: RemotingCommand) => Promise<RemotingCommand>,
): Promise<PullAnswer> {
  const { consumerGroup, topic, queueId, offset, maxMessages, subscription = '*' } = question;
  const answer = await request(
    createRequest(RequestCode.PULL_MESSAGE, {
      extFields: {
        consumerGroup,
        topic,
        queueId,
        queueOffset: offset,
        maxMsgNums: maxMessages,
        sysFlag: subscriptionInline,
        commitOffset: 0,
        suspendTimeoutMillis: 0,
        subscription,
        subVersion: 0,
        expressionType: 'TAG',
      },
    }),
  );
  const status = statuses.get(answer.code);
  if (status === undefined) throw new AnswerError(broker, answer.code, answer.remark);
  const found = status === 'FOUND' ? decodeRecords(answer.body) : [];
  const messages = found.filter(taggedBy(subscription));
  for (const { properties } of messages) {
    // As Java's client: where the queue began and ended when the message was pulled.
    properties.set('MIN_OFFSET', answer.extFields.get('minOffset') ?? '0');
    properties.set('MAX_OFFSET', answer.extFields.get('maxOffset') ?? '0');
  }
  const next = Number(answer.extFields.get('nextBeginOffset') ?? offset);
  return { status, messages, nextBeginOffset: next };
}

// Brokers filter by the hash of tags; that two tags share one is for the puller to sort out.
function taggedBy(subscription: string): (message: StoredMessage) => boolean {
  const tags = subscription.split('||').map((tag) => tag.trim());
  if (tags.includes('*') || subscription.trim() === '') return () => true;
  return (message) => tags.includes(message.properties.get('TAGS') ?? '');
}

/** `mqadmin consumeMessage`: pulls messages of a topic and prints them, without a group's trace. */
import type { MessageQueue } from '../../../admin/answers.ts';
import {
  type CliArguments,
  type CliCommand,
  type CliContext,
  integerOf,
  option,
  requiredText,
  textOf,
  timestampOf,
  UsageError,
} from '../../command.ts';
import { messageRecord, messageText } from '../../message-text.ts';

const readable = 4;
const defaultGroup = 'TOOLS_CONSUMER';
const pullBatch = 32;

interface Wanted {
  queue: MessageQueue & { broker: string };
  minOffset: number;
  maxOffset: number;
}

export const consumeMessage: CliCommand = {
  name: 'consumeMessage',
  group: 'message',
  description: 'Consume message.',
  lists: true,
  options: [
    option('t', 'topic', 'Topic name', { required: true }),
    option('b', 'brokerName', 'Broker name'),
    option('i', 'queueId', 'Queue Id'),
    option('o', 'offset', 'Queue offset'),
    option('g', 'consumerGroup', 'Consumer group name'),
    option('s', 'beginTimestamp', 'Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp', 'End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('c', 'MessageNumber', 'Number of message to be consumed'),
  ],
  async run(args, context) {
    checkOrder(args);
    const span = spanOf(args);
    let left = integerOf(args, 'MessageNumber', 128, { min: 1, max: Number.MAX_SAFE_INTEGER });
    for (const queue of await queuesOf(args, context)) {
      if (left <= 0) return;
      const wanted = await rangeOf(queue, span, integerOf(args, 'offset', 0), context);
      if (wanted.maxOffset - wanted.minOffset > left) {
        context.out.line(
          `The older ${left} message of the ${queue.queueId} queue will be provided`,
        );
        wanted.maxOffset = wanted.minOffset + left;
      }
      left -= wanted.maxOffset - wanted.minOffset;
      await printQueue(wanted, textOf(args, 'consumerGroup') ?? defaultGroup, context);
    }
  },
};

function checkOrder(args: CliArguments): void {
  if (args.has('queueId') && !args.has('brokerName')) {
    throw new UsageError('Please set the brokerName before queueId!');
  }
  if (args.has('offset') && !args.has('queueId')) {
    throw new UsageError('Please set queueId before offset!');
  }
}

function spanOf(args: CliArguments): { begin: number; end: number } {
  const begin = timestampOf(args, 'beginTimestamp') ?? 0;
  const end = timestampOf(args, 'endTimestamp') ?? 0;
  const now = Date.now();
  if (begin > now) throw new UsageError('Please set the beginTimestamp before now!');
  if (end > now) throw new UsageError('Please set the endTimestamp before now!');
  if (end > 0 && begin > end) {
    throw new UsageError(
      'Please make sure that the beginTimestamp is less than or equal to the endTimestamp',
    );
  }
  return { begin, end };
}

async function queuesOf(args: CliArguments, { admin }: CliContext): Promise<Wanted['queue'][]> {
  const topic = requiredText(args, 'topic');
  const brokerName = textOf(args, 'brokerName');
  const queueId = args.has('queueId') ? integerOf(args, 'queueId', 0) : null;
  const route = await admin.topics.route(topic);
  const queues = route.queues
    .filter((each) => (each.perm & readable) !== 0)
    .filter((each) => brokerName === null || each.brokerName === brokerName)
    .flatMap((each) => {
      const set = route.brokers.find((broker) => broker.name === each.brokerName);
      const broker = set?.addresses.get(0) ?? [...(set?.addresses.values() ?? [])][0];
      if (broker === undefined) return [];
      return Array.from({ length: each.readQueueNums }, (_, id) => ({
        topic,
        brokerName: each.brokerName,
        queueId: id,
        broker,
      }));
    })
    .filter((queue) => queueId === null || queue.queueId === queueId);
  if (queues.length === 0) throw new Error(`topic ${topic} has no such readable queue`);
  return queues;
}

async function rangeOf(
  queue: Wanted['queue'],
  span: { begin: number; end: number },
  fromOffset: number,
  { admin }: CliContext,
): Promise<Wanted> {
  const { broker, topic, queueId } = queue;
  const search = (time: number): Promise<number> =>
    admin.offsets.search(broker, topic, queueId, time);
  const min =
    span.begin > 0 ? await search(span.begin) : await admin.offsets.ofQueue('min', broker, queue);
  const max =
    span.end > 0 ? await search(span.end) : await admin.offsets.ofQueue('max', broker, queue);
  return { queue, minOffset: Math.max(min, fromOffset), maxOffset: max };
}

async function printQueue(
  wanted: Wanted,
  group: string,
  { admin, out }: CliContext,
): Promise<void> {
  const { topic, brokerName, queueId, broker } = wanted.queue;
  const name = `MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`;
  let offset = wanted.minOffset;
  while (offset < wanted.maxOffset) {
    const maxMessages = Math.min(pullBatch, wanted.maxOffset - offset);
    const question = { consumerGroup: group, topic, queueId, offset, maxMessages };
    const answer = await admin.messages.pull(broker, question);
    const isStuck = answer.nextBeginOffset <= offset;
    offset = answer.nextBeginOffset;
    if (answer.status === 'FOUND') {
      out.line('Consume ok');
      for (const message of answer.messages) {
        const body = message.body.toString('utf8');
        out.line(`MSGID: ${message.messageId} ${messageText(message, brokerName)} BODY: ${body}`);
        out.record(messageRecord(message, body));
      }
    } else if (answer.status === 'NO_MATCHED_MSG' && !isStuck) {
      out.line(`${name} no matched msg. status=${answer.status}, offset=${offset}`);
    } else {
      out.line(`${name} print msg finished. status=${answer.status}, offset=${offset}`);
      return;
    }
  }
}

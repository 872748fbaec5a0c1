/** `mqadmin printMsgByQueue`: the messages of one queue, or how many carry each tag. */
import {
  booleanOf,
  type CliCommand,
  integerOf,
  option,
  requiredText,
  textOf,
} from '../../command.ts';
import { messageRecord, messageText } from '../../message-text.ts';
import { pulls, readableQueues, spanOf } from './queue-span.ts';

export const printMsgByQueue: CliCommand = {
  name: 'printMsgByQueue',
  group: 'message',
  description: 'Print Message Detail by queueId.',
  lists: true,
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('a', 'brokerName', 'broker name', { required: true }),
    option('i', 'queueId', 'queue id', { required: true }),
    option('c', 'charsetName', 'CharsetName(eg: UTF-8,GBK)'),
    option('s', 'subExpression', 'Subscribe Expression(eg: TagA || TagB)'),
    option('b', 'beginTimestamp', 'Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp', 'End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('p', 'print', 'print msg. eg: true | false(default)'),
    option('d', 'printBody', 'print body. eg: true | false(default)'),
    option('f', 'calculate', 'calculate by tag. eg: true | false(default)'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const brokerName = requiredText(args, 'brokerName');
    const queueId = integerOf(args, 'queueId', 0);
    const decoder = new TextDecoder(textOf(args, 'charsetName') ?? 'utf-8');
    const queue = (await readableQueues(admin, topic)).find(
      (each) => each.brokerName === brokerName && each.queueId === queueId,
    );
    if (queue === undefined) {
      throw new Error(`topic ${topic} has no readable queue ${queueId} on ${brokerName}`);
    }
    const counts = new Map<string, number>();
    const span = await spanOf(admin, queue, args);
    const subscription = textOf(args, 'subExpression') ?? '*';
    for await (const { status, messages } of pulls(admin, queue, span, subscription)) {
      if (status !== 'FOUND') break;
      for (const message of messages) {
        const tag = message.properties.get('TAGS') ?? '';
        if (tag !== '') counts.set(tag, (counts.get(tag) ?? 0) + 1);
        if (!booleanOf(args, 'print')) continue;
        const withBody = booleanOf(args, 'printBody');
        const body = withBody ? decoder.decode(message.body) : 'NOT PRINT BODY';
        const text = messageText(message, brokerName);
        out.line(`MSGID: ${message.messageId} ${text} BODY: ${body}`);
        out.record(messageRecord(message, withBody ? body : null));
      }
    }
    if (!booleanOf(args, 'calculate')) return;
    for (const [tag, count] of [...counts].sort(([, left], [, right]) => right - left)) {
      out.line(`Tag: ${tag.padEnd(30)} Count: ${count}`);
    }
  },
};

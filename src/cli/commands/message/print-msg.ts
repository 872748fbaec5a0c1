/** `mqadmin printMsg`: every message of a topic, queue by queue. */
import { booleanOf, type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { messageRecord, messageText } from '../../message-text.ts';
import { pulls, queueText, readableQueues, spanOf } from './queue-span.ts';

const rule = '-'.repeat(56);

export const printMsg: CliCommand = {
  name: 'printMsg',
  group: 'message',
  description: 'Print Message Detail.',
  lists: true,
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('c', 'charsetName', 'CharsetName(eg: UTF-8,GBK)'),
    option('s', 'subExpression', 'Subscribe Expression(eg: TagA || TagB)'),
    option('b', 'beginTimestamp', 'Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp', 'End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('d', 'printBody', 'print body'),
    option('l', 'lmqParentTopic', 'Lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const decoder = new TextDecoder(textOf(args, 'charsetName') ?? 'utf-8');
    const withBody = !args.has('printBody') || booleanOf(args, 'printBody');
    const subscription = textOf(args, 'subExpression') ?? '*';
    for (const queue of await readableQueues(
      admin,
      topic,
      textOf(args, 'lmqParentTopic') ?? topic,
    )) {
      const name = queueText(queue);
      const span = await spanOf(admin, queue, args);
      out.line(`minOffset=${span.min}, maxOffset=${span.max}, ${name}`);
      for await (const { status, messages, nextBeginOffset } of pulls(
        ...([admin, queue, span, subscription] as const),
      )) {
        for (const message of messages) {
          const body = withBody ? decoder.decode(message.body) : 'NOT PRINT BODY';
          const text = messageText(message, queue.brokerName);
          out.line(`MSGID: ${message.messageId} ${text} BODY: ${body}`);
          out.record(messageRecord(message, withBody ? body : null));
        }
        if (status === 'FOUND') continue;
        const what = status === 'NO_MATCHED_MSG' ? 'no matched msg' : 'print msg finished';
        out.line(`${name} ${what}. status=${status}, offset=${nextBeginOffset}`);
      }
      out.line(rule);
    }
  },
};

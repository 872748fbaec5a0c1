/** `mqadmin sendMessage`: sends one message. */
import {
  type CliCommand,
  integerOf,
  option,
  requiredText,
  textOf,
  UsageError,
} from '../../command.ts';
import { row } from '../../output.ts';

const columns = [32, 4, 20].map((width) => ({ width }));

export const sendMessage: CliCommand = {
  name: 'sendMessage',
  group: 'message',
  description: 'Send a message.',
  options: [
    option('t', 'topic', 'Topic name', { required: true }),
    option('p', 'body', 'UTF-8 string format of the message body', { required: true }),
    option('k', 'key', 'Message keys'),
    option('c', 'tags', 'Message tags'),
    option('b', 'broker', 'Send message to target broker'),
    option('i', 'qid', 'Send message to target queue'),
    option('m', 'msgTraceEnable', 'Message Trace Enable, Default: false'),
  ],
  async run(args, { admin, out }) {
    const broker = textOf(args, 'broker');
    const queueId = integerOf(args, 'qid', -1);
    if (queueId >= 0 && broker === null) {
      throw new UsageError('Broker name must be set if the queue is chosen!');
    }
    const { status, queue, messageId } = await admin.messages.send({
      topic: requiredText(args, 'topic'),
      body: Buffer.from(requiredText(args, 'body'), 'utf8'),
      keys: textOf(args, 'key'),
      tags: textOf(args, 'tags'),
      brokerName: broker,
      queueId: queueId >= 0 ? queueId : null,
    });
    out.line(`${row(columns, ['#Broker Name', '#QID', '#Send Result'])}    #MsgId`);
    out.line(`${row(columns, [queue.brokerName, queue.queueId, status])}    ${messageId}`);
  },
};

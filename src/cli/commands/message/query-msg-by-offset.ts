/** `mqadmin queryMsgByOffset`: the message at an offset of a queue. */
import { type CliCommand, integerOf, option, requiredText, textOf } from '../../command.ts';
import { printDetail } from './message-detail.ts';

const group = 'TOOLS_CONSUMER';

export const queryMsgByOffset: CliCommand = {
  name: 'queryMsgByOffset',
  group: 'message',
  description: 'Query Message by offset.',
  lists: true,
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('b', 'brokerName', 'Broker Name', { required: true }),
    option('i', 'queueId', 'Queue Id', { required: true }),
    option('o', 'offset', 'Queue Offset', { required: true }),
    option('f', 'bodyFormat', 'print message body by the specified format'),
  ],
  async run(args, context) {
    const topic = requiredText(args, 'topic');
    const brokerName = requiredText(args, 'brokerName');
    const queueId = integerOf(args, 'queueId', 0);
    const offset = integerOf(args, 'offset', 0);
    const route = await context.admin.topics.route(topic);
    const set = route.brokers.find(({ name }) => name === brokerName);
    const broker = set?.addresses.get(0) ?? [...(set?.addresses.values() ?? [])][0];
    if (broker === undefined) throw new Error(`${brokerName} is not on the route of ${topic}`);
    const question = { consumerGroup: group, topic, queueId, offset, maxMessages: 1 };
    const { messages, status } = await context.admin.messages.pull(broker, question);
    const [message] = messages;
    // Java prints nothing at all when there is no message; silence looks like success.
    if (message === undefined) throw new Error(`no message at offset ${offset}: ${status}`);
    const charset = textOf(args, 'bodyFormat');
    await printDetail(message, { byOffsetId: true, charset }, context);
  },
};

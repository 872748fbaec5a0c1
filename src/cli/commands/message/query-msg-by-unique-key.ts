/** `mqadmin queryMsgByUniqueKey`: the message with a client's unique id, or all its copies. */
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { printDetail } from './message-detail.ts';
import { pushToClient } from './push-to-client.ts';

export const queryMsgByUniqueKey: CliCommand = {
  name: 'queryMsgByUniqueKey',
  group: 'message',
  description: 'Query Message by Unique key.',
  lists: true,
  options: [
    option('i', 'msgId', 'Message Id', { required: true }),
    option('g', 'consumerGroup', 'consumer group name'),
    option('d', 'clientId', "The consumer's client id"),
    option('t', 'topic', 'The topic of msg', { required: true }),
    option('a', 'showAll', 'Print all message, the limit is 32', { takesValue: false }),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, context) {
    const topic = requiredText(args, 'topic');
    const group = textOf(args, 'consumerGroup');
    const clientId = textOf(args, 'clientId');
    const routeTopic = textOf(args, 'cluster') ?? topic;
    const id = requiredText(args, 'msgId');
    const copies = await context.admin.messages.withUniqueKey(topic, id, routeTopic);
    const [first] = copies;
    if (group !== null && clientId !== null && first !== undefined) {
      return pushToClient(first, { group, clientId }, context);
    }
    const shown = args.has('showAll') ? copies : copies.slice(0, 1);
    for (const [copy, message] of shown.entries()) {
      await printDetail(message, { byOffsetId: false, copy }, context);
    }
  },
};

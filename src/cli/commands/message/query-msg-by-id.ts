/** `mqadmin queryMsgById`: a message by its offset id or unique id, and who consumed it. */
import type { StoredMessage } from '../../../admin/message-record.ts';
import {
  booleanOf,
  type CliCommand,
  type CliContext,
  option,
  requiredText,
  textOf,
} from '../../command.ts';
import { printDetail } from './message-detail.ts';
import { pushToClient } from './push-to-client.ts';

export const queryMsgById: CliCommand = {
  name: 'queryMsgById',
  group: 'message',
  description: 'Query Message by Id.',
  lists: true,
  options: [
    option('t', 'topic', 'Topic name', { required: true }),
    option('i', 'msgId', 'Message Id', { required: true }),
    option('g', 'consumerGroup', 'consumer group name'),
    option('d', 'clientId', "The consumer's client id"),
    option('s', 'sendMessage', 'resend message'),
    option('u', 'unitName', 'unit name'),
    option('f', 'bodyFormat', 'print message body by the specified format'),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, context) {
    const group = textOf(args, 'consumerGroup');
    const clientId = textOf(args, 'clientId');
    const charset = textOf(args, 'bodyFormat');
    const topic = requiredText(args, 'topic');
    const ids = requiredText(args, 'msgId')
      .split(',')
      .map((id) => id.trim());
    for (const id of ids.filter((each) => each !== '')) {
      const message = await context.admin.messages.find(
        topic,
        id,
        textOf(args, 'cluster') ?? topic,
      );
      if (group !== null && clientId !== null) {
        await pushToClient(message, { group, clientId }, context);
      } else if (booleanOf(args, 'sendMessage')) await resend(message, id, context);
      else await printDetail(message, { byOffsetId: true, charset }, context);
    }
  },
};

async function resend(
  message: StoredMessage,
  id: string,
  { admin, out }: CliContext,
): Promise<void> {
  const { status, messageId } = await admin.messages.send({
    topic: message.topic,
    body: message.body,
    keys: message.properties.get('KEYS') ?? null,
    tags: message.properties.get('TAGS') ?? null,
    brokerName: null,
    queueId: null,
  });
  out.line(`prepare resend msg. originalMsgId=${id}`);
  out.line(`${status} ${messageId}`);
}

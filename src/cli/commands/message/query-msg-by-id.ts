/** `mqadmin queryMsgById`: a message by its offset id or unique id, and who consumed it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredMessage } from '../../../admin/message-record.ts';
import { trackOf } from '../../../admin/track.ts';
import {
  booleanOf,
  type CliCommand,
  type CliContext,
  option,
  requiredText,
  textOf,
  UsageError,
} from '../../command.ts';
import { formatMillis, javaMap } from '../../output.ts';

export const queryMsgById: CliCommand = {
  name: 'queryMsgById',
  group: 'message',
  description: 'Query Message by Id.',
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
    if (args.has('consumerGroup') || args.has('clientId')) {
      throw new UsageError('pushing a message to one client is not supported by this version');
    }
    const topic = requiredText(args, 'topic');
    const ids = requiredText(args, 'msgId')
      .split(',')
      .map((id) => id.trim());
    for (const id of ids.filter((each) => each !== '')) {
      const message = await context.admin.findMessage(topic, id, textOf(args, 'cluster') ?? topic);
      if (booleanOf(args, 'sendMessage')) await resend(message, id, context);
      else await print(message, textOf(args, 'bodyFormat'), context);
    }
  },
};

async function resend(
  message: StoredMessage,
  id: string,
  { admin, out }: CliContext,
): Promise<void> {
  const { status, messageId } = await admin.sendMessage({
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

async function print(
  message: StoredMessage,
  charset: string | null,
  { admin, out }: CliContext,
): Promise<void> {
  const field = (name: string, value: string | number): void =>
    out.line(`${name.padEnd(20)} ${value}`);
  field('OffsetID:', message.offsetMessageId);
  field('Topic:', message.topic);
  field('Tags:', `[${message.properties.get('TAGS') ?? 'null'}]`);
  field('Keys:', `[${message.properties.get('KEYS') ?? 'null'}]`);
  field('Queue ID:', message.queueId);
  field('Queue Offset:', message.queueOffset);
  field('CommitLog Offset:', message.physicalOffset);
  field('Reconsume Times:', message.reconsumeTimes);
  field('Born Timestamp:', formatMillis(message.bornTimestamp));
  field('Store Timestamp:', formatMillis(message.storeTimestamp));
  field('Born Host:', message.bornHost);
  field('Store Host:', message.storeHost);
  field('System Flag:', message.sysFlag);
  field('Properties:', javaMap(message.properties));
  field('Message Body Path:', writeBody(message));
  if (charset !== null) field('Message Body:', new TextDecoder(charset).decode(message.body));
  out.line();
  out.line();
  const tracks = await trackOf(admin, message);
  if (tracks.length === 0) out.line('WARN: No Consumer');
  for (const { group, type, cause } of tracks) {
    out.line(`MessageTrack [consumerGroup=${group}, trackType=${type}, exceptionDesc=${cause}]`);
  }
}

// RocketMQ writes to the same place. The name is the offset id computed here from the record's
// own bytes, hex digits only: an id from outside never becomes a path.
function writeBody(message: StoredMessage): string {
  const folder = join(tmpdir(), 'rocketmq', 'msgbodys');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, message.offsetMessageId);
  writeFileSync(path, message.body);
  return path;
}

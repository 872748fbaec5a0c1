/** `mqadmin resetOffsetByTime`: moves a group to a point in time, while its members run. */
import {
  booleanOf,
  type CliArguments,
  type CliCommand,
  type CliContext,
  integerOf,
  option,
  requiredText,
  textOf,
  timestampIn,
  UsageError,
} from '../../command.ts';
import { printOffline, printOnline, reset } from './reset.ts';

export const resetOffsetByTime: CliCommand = {
  name: 'resetOffsetByTime',
  group: 'offset',
  description: 'Reset consumer offset by timestamp(without client restart).',
  lists: true,
  options: [
    option('g', 'group', 'set the consumer group', { required: true }),
    option('t', 'topic', 'set the topic', { required: true }),
    option('s', 'timestamp', 'now, milliseconds, or yyyy-MM-dd#HH:mm:ss:SSS', { required: true }),
    option('f', 'force', 'set the force rollback by timestamp switch[true|false]. Deprecated.'),
    option(null, 'cplus', 'reset c++ client offset. Deprecated.', { takesValue: false }),
    option('b', 'broker', 'broker addr'),
    option('q', 'queue', 'queue id'),
    option('o', 'offset', 'Expect queue offset, not support old version broker'),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, context) {
    const { admin, out } = context;
    const group = requiredText(args, 'group');
    const topic = requiredText(args, 'topic');
    const text = requiredText(args, 'timestamp');
    const timestamp = text === 'now' ? Date.now() : timestampIn(text);
    if (timestamp === null) throw new UsageError(`timestamp is not a time: ${text}`);
    if (args.has('broker') && args.has('queue')) {
      return resetQueue({ group, topic, text, timestamp }, args, context);
    }
    const force = !args.has('force') || booleanOf(args, 'force');
    const question = { topic, group, timestamp, force, routeTopic: topic };
    const done = await reset(admin, question);
    const times = `timestamp(string)[${text}], timestamp(long)[${timestamp}]`;
    const what = `topic[${topic}], force[${force}], ${times}`;
    if ('online' in done) {
      out.line(`start reset consumer offset by specified, group[${group}], ${what}`);
      printOnline(done.online, out);
    } else {
      out.line(`reset consumer offset by specified consumerGroup[${group}], ${what}`);
      printOffline(done.offline, '#resetOffset', out);
    }
  },
};

async function resetQueue(
  {
    group,
    topic,
    text,
    timestamp,
  }: Record<'group' | 'topic' | 'text', string> & {
    timestamp: number;
  },
  args: CliArguments,
  { admin, out }: CliContext,
): Promise<void> {
  const broker = textOf(args, 'broker') ?? '';
  const queueId = integerOf(args, 'queue', 0);
  out.line(
    `start reset consumer offset by specified, group[${group}], topic[${topic}], ` +
      `queueId[${queueId}], broker[${broker}], timestamp(string)[${text}], ` +
      `timestamp(long)[${timestamp}]`,
  );
  const offset = args.has('offset')
    ? integerOf(args, 'offset', 0)
    : await admin.offsets.search(broker, topic, queueId, timestamp);
  out.line(`reset consumer offset to ${offset}`);
  out.record({ broker, queueId, offset });
  // As in Java the beginning of a queue that never was cleaned is not written.
  if (offset > 0) await admin.offsets.resetQueue(broker, { topic, group, queueId, offset });
}

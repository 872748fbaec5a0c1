/** `mqadmin skipAccumulatedMessage`: moves a group to the end of every queue of a topic. */
import { booleanOf, type CliCommand, option, requiredText } from '../../command.ts';
import { printOffline, printOnline, reset } from './reset.ts';

const endOfQueue = -1;

export const skipAccumulatedMessage: CliCommand = {
  name: 'skipAccumulatedMessage',
  group: 'offset',
  description: 'Skip all messages that are accumulated (not consumed) currently.',
  lists: true,
  options: [
    option('g', 'group', 'set the consumer group', { required: true }),
    option('t', 'topic', 'set the topic', { required: true }),
    option('f', 'force', 'set the force rollback by timestamp switch[true|false]'),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const done = await reset(admin, {
      topic,
      group: requiredText(args, 'group'),
      timestamp: endOfQueue,
      force: !args.has('force') || booleanOf(args, 'force'),
      routeTopic: topic,
    });
    if ('online' in done) printOnline(done.online, out);
    else printOffline(done.offline, '#rollbackOffset', out);
  },
};

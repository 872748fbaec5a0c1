/** `mqadmin cloneGroupOffset`: gives one group the offsets of another. */
import { allInOrder } from '../../../admin/in-order.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';

export const cloneGroupOffset: CliCommand = {
  name: 'cloneGroupOffset',
  group: 'offset',
  description: 'Clone offset from other group.',
  options: [
    option('s', 'srcGroup', 'set source consumer group', { required: true }),
    option('d', 'destGroup', 'set destination consumer group', { required: true }),
    option('t', 'topic', 'set the topic', { required: true }),
    option('o', 'offline', 'the group or the topic is offline'),
  ],
  async run(args, { admin, out }) {
    const source = requiredText(args, 'srcGroup');
    const target = requiredText(args, 'destGroup');
    const topic = requiredText(args, 'topic');
    // Every queue of the source is cloned, its retry topic's as well; the topic only says
    // which brokers to write to, as in Java.
    const [stats, route] = await Promise.all([
      admin.offsets.consumeStats(source, null),
      admin.topics.route(topic),
    ]);
    const brokers = new Map(
      route.brokers.map(({ name, addresses }) => [
        name,
        addresses.get(0) ?? [...addresses.values()][0] ?? '',
      ]),
    );
    const queues = stats.queues.filter(({ consumerOffset }) => consumerOffset >= 0);
    await allInOrder(queues, async (queue) => {
      const address = brokers.get(queue.brokerName);
      if (address === undefined) {
        throw new Error(`${queue.brokerName} is not on the route of ${topic}`);
      }
      await admin.offsets.update(address, target, queue, queue.consumerOffset);
    });
    out.line(
      `clone group offset success. srcGroup[${source}], destGroup=[${target}], topic[${topic}]`,
    );
  },
};

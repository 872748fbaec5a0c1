/** `mqadmin updateOrderConf`: reads, sets or deletes the order configuration of a topic. */
import { type CliCommand, option, requiredText, textOf, UsageError } from '../../command.ts';

export const updateOrderConf: CliCommand = {
  name: 'updateOrderConf',
  group: 'topic',
  description: 'Create or update or delete order conf.',
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('v', 'orderConf', 'set order conf [eg. brokerName1:num;brokerName2:num]'),
    option('m', 'method', 'option type [eg. put|get|delete]', { required: true }),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const method = requiredText(args, 'method');
    if (method === 'get') {
      const orderConf = await admin.topics.orderConfig(topic);
      if (orderConf === null) throw new Error(`topic ${topic} has no order conf`);
      out.line(`get orderConf success. topic=[${topic}], orderConf=[${orderConf}] `);
    } else if (method === 'put') {
      const orderConf = textOf(args, 'orderConf') ?? '';
      if (orderConf === '') throw new UsageError('please set orderConf with option -v.');
      await admin.topics.updateOrderConfig(topic, orderConf, true);
      out.line(`update orderConf success. topic=[${topic}], orderConf=[${orderConf}]`);
    } else if (method === 'delete') {
      await admin.topics.deleteOrderConfig(topic);
      out.line(`delete orderConf success. topic=[${topic}]`);
    } else {
      throw new UsageError(`method is get, put or delete, not '${method}'`);
    }
  },
};

/** `mqadmin topicClusterList`: the clusters a topic is in. */
import { type CliCommand, option, requiredText } from '../../command.ts';

export const topicClusterList: CliCommand = {
  name: 'topicClusterList',
  group: 'topic',
  description: 'Get cluster info for topic.',
  lists: true,
  options: [option('t', 'topic', 'topic name', { required: true })],
  async run(args, { admin, out }) {
    const [info, route] = await Promise.all([
      admin.clusters.info(),
      admin.topics.route(requiredText(args, 'topic')),
    ]);
    const broker = route.brokers[0]?.name ?? '';
    for (const [cluster, names] of info.clusters) {
      if (!names.includes(broker)) continue;
      out.line(cluster);
      out.record({ cluster });
    }
  },
};

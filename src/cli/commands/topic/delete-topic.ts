/** `mqadmin deleteTopic`: removes a topic from a cluster's masters, then from the name servers. */
import { type CliCommand, option, requiredText } from '../../command.ts';

export const deleteTopic: CliCommand = {
  name: 'deleteTopic',
  group: 'topic',
  description: 'Delete topic from broker and NameServer.',
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('c', 'clusterName', 'delete topic from which cluster', { required: true }),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const cluster = requiredText(args, 'clusterName');
    for (const master of await admin.clusters.mastersOf(cluster)) {
      await admin.topics.deleteInBroker(master, topic);
    }
    out.line(`delete topic [${topic}] from cluster [${cluster}] success.`);
    await admin.topics.deleteInNameServers(topic, cluster);
    out.line(`delete topic [${topic}] from NameServer success.`);
  },
};

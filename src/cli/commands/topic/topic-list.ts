/** `mqadmin topicList`: every topic the name server knows; with -c its cluster and groups too. */
import type { ClusterInfo } from '../../../admin/answers.ts';
import { type CliCommand, type CliContext, option } from '../../command.ts';
import { front, row } from '../../output.ts';

const header = [{ width: 20 }, { width: 48 }, { width: 48 }];
const columns = [{ width: 20 }, { width: 64 }, { width: 64 }];

export const topicList: CliCommand = {
  name: 'topicList',
  group: 'topic',
  description: 'Fetch all topic list from name server.',
  options: [option('c', 'clusterModel', 'clusterModel', { takesValue: false })],
  async run(args, context) {
    const topics = await context.admin.allTopics();
    if (!args.has('clusterModel')) {
      for (const topic of topics) context.out.line(topic);
      return;
    }
    const info = await context.admin.clusterInfo();
    context.out.line(row(header, ['#Cluster Name', '#Topic', '#Consumer Group']));
    for (const topic of topics) {
      if (topic.startsWith('%RETRY%') || topic.startsWith('%DLQ%')) continue;
      await printTopic(topic, info, context);
    }
  },
};

async function printTopic(
  topic: string,
  info: ClusterInfo,
  { admin, out }: CliContext,
): Promise<void> {
  const cluster = await clusterOf(topic, info, admin);
  // A topic without a reachable broker is still listed, without groups.
  const groups = await admin.groupsOfTopic(topic).catch(() => []);
  for (const group of groups.length > 0 ? groups : ['']) {
    out.line(row(columns, [front(cluster, 20), front(topic, 64), front(group, 64)]));
  }
}

async function clusterOf(
  topic: string,
  info: ClusterInfo,
  admin: CliContext['admin'],
): Promise<string> {
  const route = await admin.topicRoute(topic).catch(() => null);
  const broker = route?.brokers[0]?.name ?? '';
  for (const [cluster, names] of info.clusters) if (names.includes(broker)) return cluster;
  return '';
}

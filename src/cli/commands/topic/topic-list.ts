/** `mqadmin topicList`: every topic the name server knows; with -c its cluster and groups too. */
import type { ClusterInfo } from '../../../admin/answers.ts';
import { reasonOf } from '../../../admin/asker.ts';
import { AnswerError } from '../../../remoting/errors.ts';
import { type CliCommand, type CliContext, option } from '../../command.ts';
import { front, row } from '../../output.ts';
import { outcomesOf } from '../../targets.ts';

const header = [{ width: 20 }, { width: 48 }, { width: 48 }];
const columns = [{ width: 20 }, { width: 64 }, { width: 64 }];

export const topicList: CliCommand = {
  name: 'topicList',
  group: 'topic',
  description: 'Fetch all topic list from name server.',
  lists: true,
  options: [option('c', 'clusterModel', 'clusterModel', { takesValue: false })],
  async run(args, context) {
    const { admin, out } = context;
    const topics = await admin.topics.all();
    if (args.has('clusterModel')) return printClusters(topics, context);
    for (const topic of topics) {
      out.line(topic);
      out.record({ topic });
    }
  },
};

async function printClusters(topics: string[], context: CliContext): Promise<void> {
  const { admin, out } = context;
  const info = await admin.clusters.info();
  out.line(row(header, ['#Cluster Name', '#Topic', '#Consumer Group']));
  const plain = topics.filter(
    (topic) => !topic.startsWith('%RETRY%') && !topic.startsWith('%DLQ%'),
  );
  for await (const [topic, outcome] of outcomesOf(plain, context, (each) =>
    detailsOf(each, info, context),
  )) {
    if ('error' in outcome) {
      out.problem(reasonOf(outcome.error));
      continue;
    }
    const { cluster, groups } = outcome.value;
    for (const group of groups.length > 0 ? groups : ['']) {
      out.line(row(columns, [front(cluster, 20), front(topic, 64), front(group, 64)]));
    }
    out.record({ cluster, topic, groups });
  }
}

/** A topic without a reachable broker is still listed, without groups. */
async function detailsOf(
  topic: string,
  info: ClusterInfo,
  { admin, out }: CliContext,
): Promise<{ cluster: string; groups: string[] }> {
  const route = await admin.topics.route(topic).catch(() => null);
  const [first] = route?.brokers ?? [];
  if (first === undefined) return { cluster: '', groups: [] };
  const address = first.addresses.get(0) ?? [...first.addresses.values()][0] ?? '';
  const groups = await admin.topics.groupsInBroker(address, topic).catch((error: unknown) => {
    if (!(error instanceof AnswerError)) out.problem(reasonOf(error));
    return [];
  });
  const found = [...info.clusters].find(([, names]) => names.includes(first.name));
  return { cluster: found?.[0] ?? '', groups };
}

/** `mqadmin topicRoute`: the route as JSON, or with -l as a table. */
import type { TopicRoute } from '../../../admin/answers.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { javaMap, type Output, row } from '../../output.ts';

const columns = [45, 32, 50, 10, 11, 5].map((width) => ({ width }));
const ruleWidth = 158;

export const topicRoute: CliCommand = {
  name: 'topicRoute',
  group: 'topic',
  description: 'Examine topic route info.',
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('l', 'list', 'Use list format to print data', { takesValue: false }),
  ],
  async run(args, { admin, out }) {
    const route = await admin.topics.route(requiredText(args, 'topic'));
    if (args.has('list')) printTable(route, out);
    else out.line(JSON.stringify(route.raw, null, '\t').replaceAll('": ', '":'));
  },
};

function printTable(route: TopicRoute, out: Output): void {
  const line = (values: (string | number)[]): void => out.line(row(columns, values, ' '));
  line(['#ClusterName', '#BrokerName', '#BrokerAddrs', '#ReadQueue', '#WriteQueue', '#Perm']);
  const queues = new Map(route.queues.map((each) => [each.brokerName, each]));
  let reads = 0;
  let writes = 0;
  for (const broker of [...route.brokers].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { readQueueNums = 0, writeQueueNums = 0, perm = 0 } = queues.get(broker.name) ?? {};
    reads += readQueueNums;
    writes += writeQueueNums;
    const addresses = javaMap(broker.addresses);
    line([broker.cluster, broker.name, addresses, readQueueNums, writeQueueNums, perm]);
  }
  out.line('-'.repeat(ruleWidth));
  line(['Total:', queues.size, '', reads, writes, '']);
}

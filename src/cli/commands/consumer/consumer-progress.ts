/** `mqadmin consumerProgress`: one group's lag per queue, or a line per group. */
import {
  type ConsumerConnections,
  type ConsumeStats,
  compareQueues,
} from '../../../admin/answers.ts';
import { versionName } from '../../../remoting/version.ts';
import {
  booleanOf,
  type CliArguments,
  type CliCommand,
  type CliContext,
  option,
  textOf,
} from '../../command.ts';
import { type Column, formatSeconds, front, row } from '../../output.ts';

const retryPrefix = '%RETRY%';
const queueColumns: Column[] = [64, 32, 4, 20, 20].map((width) => ({ width }));
const groupColumns: Column[] = [64, 6].map((width) => ({ width }));

export const consumerProgress: CliCommand = {
  name: 'consumerProgress',
  group: 'consumer',
  description: "Query consumer's progress, speed.",
  options: [
    option('g', 'groupName', 'consumer group name'),
    option('t', 'topicName', 'topic name'),
    option('s', 'showClientIP', 'Show Client IP per Queue'),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, context) {
    const group = textOf(args, 'groupName');
    if (group === null) await printGroups(context);
    else await printQueues(group, args, context);
  },
};

async function printQueues(
  group: string,
  args: CliArguments,
  { admin, out }: CliContext,
): Promise<void> {
  const stats = await admin.consumeStats(group, textOf(args, 'topicName'));
  const showClient = booleanOf(args, 'showClientIP');
  const clients = showClient ? await admin.consumerConnections(group).catch(() => null) : null;
  const clientIp = soleClient(clients);
  const line = (values: (string | number)[], client: string, rest: (string | number)[]): string => {
    const shown = showClient ? `  ${client.padEnd(20)}` : '';
    const [diff = '', inflight = '', last = ''] = rest;
    const gap = showClient ? ' ' : '  ';
    return `${row(queueColumns, values)}${shown}${gap}${pad20(diff)} ${pad20(inflight)}${last}`;
  };
  const names = ['#Topic', '#Broker Name', '#QID', '#Broker Offset', '#Consumer Offset'];
  out.line(line(names, '#Client IP', ['#Diff', '#Inflight', '#LastTime']));
  let diffTotal = 0;
  let inflightTotal = 0;
  for (const queue of [...stats.queues].sort(compareQueues)) {
    const diff = queue.brokerOffset - queue.consumerOffset;
    const inflight = queue.pullOffset - queue.consumerOffset;
    diffTotal += diff;
    inflightTotal += inflight;
    const last = queue.lastTimestamp === 0 ? 'N/A' : formatSeconds(queue.lastTimestamp);
    const place = [front(queue.topic, 64), front(queue.brokerName, 32), queue.queueId];
    const offsets = [queue.brokerOffset, queue.consumerOffset];
    out.line(line([...place, ...offsets], clientIp, [diff, inflight, ` ${last}`]));
  }
  out.line();
  out.line(`Consume TPS: ${stats.consumeTps.toFixed(2)}`);
  out.line(`Consume Diff Total: ${diffTotal}`);
  out.line(`Consume Inflight Total: ${inflightTotal}`);
}

function pad20(value: string | number): string {
  return String(value).padEnd(20);
}

// Which member holds which queue only the members know (running info, asked through the
// broker); with one member the answer is certain without asking.
function soleClient(clients: ConsumerConnections | null): string {
  const [only, ...others] = clients?.connections ?? [];
  return only === undefined || others.length > 0 ? 'N/A' : (only.clientId.split('@')[0] ?? 'N/A');
}

async function printGroups({ admin, out }: CliContext): Promise<void> {
  out.line(groupLine(['#Group', '#Count', '#Version', '#Type', '#Model', '#TPS', '#Diff Total']));
  for (const topic of await admin.allTopics()) {
    if (!topic.startsWith(retryPrefix)) continue;
    const group = topic.slice(retryPrefix.length);
    // A group that cannot be asked is still listed, as offline and without figures.
    const stats = await admin.consumeStats(group, null).catch(() => null);
    const members = await admin.consumerConnections(group).catch(() => null);
    out.line(groupLine(describeGroup(group, stats, members)));
  }
}

function describeGroup(
  group: string,
  stats: ConsumeStats | null,
  members: ConsumerConnections | null,
): (string | number)[] {
  const count = members?.connections.length ?? 0;
  const diff = (stats?.queues ?? []).reduce(
    (sum, queue) => sum + queue.brokerOffset - queue.consumerOffset,
    0,
  );
  const isPush = members?.consumeType !== 'CONSUME_ACTIVELY';
  const oldest = Math.min(...(members?.connections ?? []).map(({ version }) => version));
  return [
    front(group, 64),
    count,
    count > 0 ? versionName(oldest) : 'OFFLINE',
    count > 0 ? (isPush ? 'PUSH' : 'PULL') : '',
    count > 0 && members?.consumeType === 'CONSUME_PASSIVELY' ? members.messageModel : '',
    Math.trunc(stats?.consumeTps ?? 0),
    diff,
  ];
}

function groupLine(values: (string | number)[]): string {
  const [group = '', count = '', version = '', type = '', model = '', tps = '', diff = ''] = values;
  const left = row([...groupColumns, { width: 24 }], [group, count, version]);
  return `${left} ${row([{ width: 5 }, { width: 14 }, { width: 7 }], [type, model, tps])}  ${diff}`;
}

/** `mqadmin consumerProgress`: one group's lag per queue, or a line per group. */
import type { ConsumerConnections, ConsumeStats, MessageQueue } from '../../../admin/answers.ts';
import { reasonOf } from '../../../admin/asker.ts';
import { inOrder } from '../../../admin/in-order.ts';
import { compareQueues } from '../../../model/message-queue.ts';
import { AnswerError } from '../../../remoting/errors.ts';
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
import { missingIn, outcomesOf } from '../../targets.ts';

const retryPrefix = '%RETRY%';
const queueColumns: Column[] = [64, 32, 4, 20, 20].map((width) => ({ width }));
const groupColumns: Column[] = [64, 6].map((width) => ({ width }));

export const consumerProgress: CliCommand = {
  name: 'consumerProgress',
  group: 'consumer',
  description: "Query consumer's progress, speed.",
  lists: true,
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
  const topic = textOf(args, 'topicName');
  const stats = await admin.offsets.consumeStats(group, topic, missingIn(out));
  const showClient = booleanOf(args, 'showClientIP');
  const clients = showClient ? await clientsOfQueues(group, admin) : new Map<string, string>();
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
    const client = clients.get(keyOf(queue)) ?? 'N/A';
    out.line(line([...place, ...offsets], client, [diff, inflight, ` ${last}`]));
    const { topic, brokerName, queueId, brokerOffset, consumerOffset, lastTimestamp } = queue;
    const shown = { ...{ topic, brokerName, queueId, brokerOffset, consumerOffset } };
    out.record({ ...shown, ...(showClient ? { client } : {}), diff, inflight, lastTimestamp });
  }
  out.line();
  out.line(`Consume TPS: ${stats.consumeTps.toFixed(2)}`);
  out.line(`Consume Diff Total: ${diffTotal}`);
  out.line(`Consume Inflight Total: ${inflightTotal}`);
}

function pad20(value: string | number): string {
  return String(value).padEnd(20);
}

function keyOf({ topic, brokerName, queueId }: MessageQueue): string {
  return `${topic}@${brokerName}@${queueId}`;
}

/** Queue → address of the member that holds it, as far as the members tell. */
async function clientsOfQueues(
  group: string,
  admin: CliContext['admin'],
): Promise<Map<string, string>> {
  const holders = new Map<string, string>();
  const members = await admin.clients.consumers(group).catch(() => null);
  for await (const [{ clientId }, outcome] of inOrder(members?.connections ?? [], (member) =>
    admin.clients.runningInfo(group, member.clientId, false),
  )) {
    // A member that tells nothing leaves its queues at N/A.
    if ('error' in outcome) continue;
    for (const queue of outcome.value.queues) {
      holders.set(keyOf(queue), clientId.split('@')[0] ?? 'N/A');
    }
  }
  return holders;
}

async function printGroups(context: CliContext): Promise<void> {
  const { admin, out } = context;
  out.line(groupLine(['#Group', '#Count', '#Version', '#Type', '#Model', '#TPS', '#Diff Total']));
  const groups = (await admin.topics.all())
    .filter((topic) => topic.startsWith(retryPrefix))
    .map((topic) => topic.slice(retryPrefix.length));
  const ask = async (group: string): Promise<(string | number)[]> => {
    // A group that cannot be asked is still listed, as offline and without figures.
    const tell = (error: unknown): null => {
      if (!(error instanceof AnswerError)) out.problem(reasonOf(error));
      return null;
    };
    const [stats, members] = await Promise.all([
      admin.offsets.consumeStats(group, null, tell).catch(tell),
      admin.clients.consumers(group).catch(tell),
    ]);
    return describeGroup(group, stats, members);
  };
  for await (const [group, outcome] of outcomesOf(groups, context, ask)) {
    if ('error' in outcome) {
      out.problem(reasonOf(outcome.error));
      continue;
    }
    out.line(groupLine(outcome.value));
    const [, count = 0, version = '', type = '', model = '', tps = 0, diff = 0] = outcome.value;
    out.record({ group, count, version, type, model, tps, diff });
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

/** `mqadmin clusterList`: the brokers of all clusters with their load. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerSet, ClusterInfo } from '../../../admin/answers.ts';
import { reasonOf } from '../../../admin/asker.ts';
import { inOrder } from '../../../admin/in-order.ts';
import {
  type CliArguments,
  type CliCommand,
  type CliContext,
  integerOf,
  option,
  textOf,
} from '../../command.ts';
import { type Column, row } from '../../output.ts';

const base: Column[] = [
  { width: 22 },
  { width: 22 },
  { width: 4 },
  { width: 22 },
  { width: 16 },
  { width: 16, right: true },
  { width: 30, right: true },
  { width: 22 },
  { width: 11, right: true },
  { width: 12 },
  { width: 8 },
  { width: 10, right: true },
];

const baseHeader: Column[] = base.map((column, index) =>
  index === 8 || index === 11 ? { width: column.width } : column,
);

const more: Column[] = [
  { width: 16 },
  { width: 32 },
  { width: 14, right: true },
  { width: 14, right: true },
  { width: 14, right: true },
  { width: 14, right: true },
];

export const clusterList: CliCommand = {
  name: 'clusterList',
  group: 'cluster',
  description: 'List cluster infos.',
  lists: true,
  options: [
    option('m', 'moreStats', 'Print more stats', { takesValue: false }),
    option('i', 'interval', 'specify intervals numbers, it is in seconds'),
    option('c', 'clusterName', 'which cluster'),
  ],
  async run(args, context) {
    const seconds = integerOf(args, 'interval', 0);
    await printOnce(args, context);
    while (args.has('interval')) {
      await delay(seconds * 1000);
      context.admin.forgetUnreachable();
      await printOnce(args, context);
    }
  },
};

async function printOnce(args: CliArguments, { admin, out }: CliContext): Promise<void> {
  const info = await admin.clusters.info();
  const wanted = textOf(args, 'clusterName');
  const clusters = wanted === null || wanted === '' ? [...info.clusters.keys()] : [wanted];
  const moreStats = args.has('moreStats');
  out.line(moreStats ? moreHeader() : headerLine());
  const brokers = [...brokersOf(info, clusters)];
  const answers = inOrder(brokers, ([, , , address]) => admin.clusters.runtimeStats(address));
  for await (const [[cluster, broker, id, address], outcome] of answers) {
    // One dead broker costs its own line its figures, never the rest of the table.
    if ('error' in outcome) out.problem(reasonOf(outcome.error));
    const stats = 'value' in outcome ? outcome.value : new Map<string, string>();
    out.line(
      moreStats ? moreLine(cluster, broker, stats) : baseLine(cluster, broker, id, address, stats),
    );
    const place = { cluster, brokerName: broker, brokerId: id, address };
    out.record({ ...place, isAnswering: 'value' in outcome, stats });
  }
}

function* brokersOf(
  info: ClusterInfo,
  clusters: string[],
): Generator<[string, string, number, string]> {
  for (const cluster of clusters) {
    for (const name of [...(info.clusters.get(cluster) ?? [])].sort()) {
      const broker: BrokerSet | undefined = info.brokers.get(name);
      for (const [id, address] of broker?.addresses ?? []) yield [cluster, name, id, address];
    }
  }
}

function headerLine(): string {
  const names = [
    ['#Cluster Name', '#Broker Name', '#BID', '#Addr', '#Version', '#InTPS(LOAD)'],
    ['#OutTPS(LOAD)', '#Timer(Progress)', '#PCWait(ms)', '#Hour', '#SPACE', '#ACTIVATED'],
  ].flat();
  return joinBase(row(baseHeader, names.slice(0, 4)), names.slice(4), baseHeader);
}

// RocketMQ separates the address from the version by one space and all else by two.
function joinBase(front: string, rest: string[], columns: Column[]): string {
  return `${front} ${row(columns.slice(4), rest)}`;
}

function baseLine(
  cluster: string,
  broker: string,
  id: number,
  address: string,
  stats: Map<string, string>,
): string {
  const get = (key: string, fallback = ''): string => stats.get(key) ?? fallback;
  const earliest = Number(get('earliestMessageTimeStamp', '0'));
  const hour = earliest > 0 ? (Date.now() - earliest) / 3_600_000 : 0;
  return joinBase(
    row(base, [cluster, broker, id, address]),
    [
      get('brokerVersionDesc'),
      `${rate(get('putTps'))}(${load(get, 'send', '')})`,
      `${rate(get('getTransferredTps'))}(${load(get, 'pull', '')}|${load(get, 'ack', 'N')})`,
      timerProgress(get),
      get('pageCacheLockTimeMills'),
      hour.toFixed(2),
      Number(get('commitLogDiskRatio', '0')).toFixed(4),
      get('brokerActive', 'false'),
    ],
    base,
  );
}

function rate(text: string): string {
  const first = Number(text.split(' ')[0] ?? '0');
  return (Number.isFinite(first) ? first : 0).toFixed(2).padStart(9);
}

function load(get: (key: string, fallback?: string) => string, pool: string, none: string): string {
  const size = get(`${pool}ThreadPoolQueueSize`, none);
  return `${size},${get(`${pool}ThreadPoolQueueHeadWaitTimeMills`, none)}ms`;
}

function timerProgress(get: (key: string, fallback?: string) => string): string {
  const number = (key: string): number => Number(get(key, '0')) || 0;
  const congested = (number('timerCongestNum') / 10_000).toFixed(1);
  const enqueue = number('timerEnqueueTps').toFixed(1);
  const dequeue = number('timerDequeueTps').toFixed(1);
  const behind = `${number('timerReadBehind')}-${number('timerOffsetBehind')}`;
  return `${behind}(${congested}w, ${enqueue}, ${dequeue})`;
}

function moreHeader(): string {
  const [cluster, broker, ...totals] = [
    '#Cluster Name',
    '#Broker Name',
    '#InTotalYest',
    '#OutTotalYest',
    '#InTotalToday',
    '#OutTotalToday',
  ];
  return `${row(more, [cluster ?? '', broker ?? ''])} ${row(more.slice(2), totals, ' ')}`;
}

function moreLine(cluster: string, broker: string, stats: Map<string, string>): string {
  const since = (later: string, earlier: string): number =>
    (Number(stats.get(later)) || 0) - (Number(stats.get(earlier)) || 0);
  const totals = [
    since('msgPutTotalTodayMorning', 'msgPutTotalYesterdayMorning'),
    since('msgGetTotalTodayMorning', 'msgGetTotalYesterdayMorning'),
    since('msgPutTotalTodayNow', 'msgPutTotalTodayMorning'),
    since('msgGetTotalTodayNow', 'msgGetTotalTodayMorning'),
  ];
  return `${row(more, [cluster, broker])} ${row(more.slice(2), totals, ' ')}`;
}

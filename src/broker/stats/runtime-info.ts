/**
 * The runtime table (Java AdminBrokerProcessor.prepareRuntimeInfo): keys by which clusterList,
 * brokerStatus and dashboards read a broker.
 *
 * Java's thread pools and transient pool do not exist here, but clusterList cannot print a broker
 * without them: no request waits in such a queue, so their sizes are 0. Times that the data plane
 * does not take ({@link UNCOUNTED}) are 0 as well, since tools parse them as numbers.
 */
import { statfs } from 'node:fs/promises';
import type { Settings } from '../../config/settings.ts';
import type { DataPlane, LogStatus } from '../../dataplane/data-plane.ts';
import { SystemTopic } from '../../model/topic-name.ts';
import { CURRENT_VERSION, CURRENT_VERSION_NAME } from '../../remoting/version.ts';
import type { Delays } from '../schedule/delay-progress.ts';
import type { Traffic } from './traffic.ts';

export interface RuntimeSources {
  readonly settings: Settings;
  readonly dataPlane: DataPlane;
  readonly delays: Delays;
  readonly traffic: Traffic;
  readonly now: () => number;
  readonly startedMs: number;
}

type Table = Map<string, string>;

/** Java's keys for times of its own threads, with the 0 that tools can parse. */
const UNCOUNTED: readonly (readonly [string, string])[] = [
  ['getMessageEntireTimeMax', '0'],
  ['putMessageEntireTimeMax', '0'],
  ['putMessageDistributeTime', 'null'],
  ['putLatency99', '0.00'],
  ['putLatency999', '0.00'],
];

const POOLS = ['send', 'pull', 'litePull', 'query', 'ack'];

export async function runtimeInfo(sources: RuntimeSources): Promise<Table> {
  const status = sources.dataPlane.logStatus();
  const table: Table = new Map();
  const root = sources.settings.text('storePathRootDir');
  putLog(table, status, root);
  putTraffic(table, sources);
  putDelays(table, sources);
  putPools(table, sources.settings);
  for (const [key, value] of [
    ['brokerActive', 'true'],
    ['brokerVersion', String(CURRENT_VERSION)],
    ['brokerVersionDesc', CURRENT_VERSION_NAME],
    // Queues are written with the log: no request waits to be dispatched.
    ['dispatchMaxBuffer', '0'],
    ['bootTimestamp', String(sources.startedMs)],
    ['runtime', runtimeText(sources.now() - sources.startedMs)],
    ['startAcceptSendRequestTimeStamp', '0'],
    // RocketMQ's figure for a broker without a transient pool.
    ['remainTransientStoreBufferNumbs', '2147483647'],
    ['commitLogDirCapacity', await capacityText(root)],
    ...UNCOUNTED,
  ] as const) {
    table.set(key, value);
  }
  return table;
}

function putLog(table: Table, status: LogStatus, root: string): void {
  const unflushed = status.maxPhysicalOffset - status.flushedPhysicalOffset;
  table.set('commitLogMinOffset', String(status.minPhysicalOffset));
  table.set('commitLogMaxOffset', String(status.maxPhysicalOffset));
  table.set('dispatchBehindBytes', String(status.dispatchBehindBytes));
  table.set('commitLogDiskRatio', String(status.diskUsedRatio));
  table.set(`commitLogDiskRatio_${root}/commitlog`, String(status.diskUsedRatio));
  table.set('consumeQueueDiskRatio', String(status.queueDiskUsedRatio));
  table.set('earliestMessageTimeStamp', String(status.earliestMessageTimestamp));
  table.set('pageCacheLockTimeMills', '0');
  table.set('remainHowManyDataToFlush', bytesText(unflushed));
  if (status.poisoned !== null) table.set('storePoisoned', status.poisoned);
}

function putTraffic(table: Table, { traffic }: RuntimeSources): void {
  const puts = traffic.puts();
  const gets = traffic.gets();
  const bytes = traffic.putBytes();
  for (const name of ['put', 'getTransferred', 'getFound', 'getMiss', 'getTotal'] as const) {
    table.set(`${name}Tps`, traffic.rates(name));
  }
  table.set('putMessageFailedTimes', String(traffic.failedPuts()));
  table.set('putMessageTimesTotal', String(puts.now));
  table.set('putMessageSizeTotal', String(bytes));
  table.set('putMessageAverageSize', String(puts.now === 0 ? 0 : bytes / puts.now));
  table.set('msgPutTotalYesterdayMorning', String(puts.yesterdayMorning));
  table.set('msgPutTotalTodayMorning', String(puts.todayMorning));
  table.set('msgPutTotalTodayNow', String(puts.now));
  table.set('msgGetTotalYesterdayMorning', String(gets.yesterdayMorning));
  table.set('msgGetTotalTodayMorning', String(gets.todayMorning));
  table.set('msgGetTotalTodayNow', String(gets.now));
}

/** `scheduleMessageOffset_<level>` is `delivered,stored` of the level's queue. */
function putDelays(table: Table, { delays, dataPlane }: RuntimeSources): void {
  const queues = dataPlane.queueBounds(SystemTopic.SCHEDULE);
  for (const { level, offset } of delays.all()) {
    const max = queues.find((queue) => queue.queueId === level - 1)?.maxOffset ?? 0;
    table.set(`scheduleMessageOffset_${level}`, `${offset},${max}`);
  }
  for (const key of ['timerReadBehind', 'timerOffsetBehind', 'timerCongestNum']) {
    table.set(key, '0');
  }
  table.set('timerEnqueueTps', '0.0');
  table.set('timerDequeueTps', '0.0');
}

function putPools(table: Table, settings: Settings): void {
  for (const pool of POOLS) {
    const capacity = `${pool}ThreadPoolQueueCapacity`;
    table.set(`${pool}ThreadPoolQueueSize`, '0');
    table.set(capacity, String(settings.integer(capacity)));
    table.set(`${pool}ThreadPoolQueueHeadWaitTimeMills`, '0');
  }
  const transactions = settings.integer('endTransactionPoolQueueCapacity');
  table.set('EndTransactionQueueSize', '0');
  table.set('EndTransactionThreadPoolQueueCapacity', String(transactions));
}

export function runtimeText(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'days'],
    [Math.floor(seconds / 3600) % 24, 'hours'],
    [Math.floor(seconds / 60) % 60, 'minutes'],
    [seconds % 60, 'seconds'],
  ];
  return `[ ${parts.map((part) => part.join(' ')).join(', ')} ]`;
}

/** As Java's humanReadableByteCount with powers of 1024. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), 6);
  return `${(bytes / 1024 ** power).toFixed(1)} ${'KMGTPE'.charAt(power - 1)}iB`;
}

async function capacityText(root: string): Promise<string> {
  const { blocks, bfree, bsize } = await statfs(root);
  return `Total : ${bytesText(blocks * bsize)}, Free : ${bytesText(bfree * bsize)}.`;
}

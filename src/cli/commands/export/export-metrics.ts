/** `mqadmin exportMetrics`: load and size of every broker of a cluster as a file. */
import type { AdminClient } from '../../../admin/admin-client.ts';
import { reasonOf } from '../../../admin/asker.ts';
import { allInOrder } from '../../../admin/in-order.ts';
import { dayCount } from '../../../admin/stats.ts';
import { AnswerError } from '../../../remoting/errors.ts';
import { CURRENT_VERSION_NAME, versionName } from '../../../remoting/version.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { outcomesOf } from '../../targets.ts';
import { writeExport } from './export-file.ts';

const halfTopic = 'RMQ_SYS_TRANS_HALF_TOPIC';
const scheduleTopic = 'SCHEDULE_TOPIC_XXXX';

export const exportMetrics: CliCommand = {
  name: 'exportMetrics',
  group: 'export',
  description: 'Export metrics.',
  options: [
    option('c', 'clusterName', 'choose a cluster to export', { required: true }),
    option('f', 'filePath', 'export metrics.json path | default /tmp/rocketmq/export'),
  ],
  async run(args, context) {
    const { admin, out } = context;
    const sets = await admin.clusters.setsOf(requiredText(args, 'clusterName'));
    const reports = new Map<string, Report>();
    for await (const [{ name }, outcome] of outcomesOf(sets, context, ({ addresses }) =>
      reportOf(admin, addresses.get(0) ?? [...addresses.values()][0] ?? ''),
    )) {
      if ('value' in outcome) reports.set(name, outcome.value);
      else out.problem(reasonOf(outcome.error));
    }
    const path = writeExport(args, 'metrics.json', {
      evaluateReport: reports,
      totalData: totalsOf([...reports.values()]),
    });
    out.line(`export ${path} success`);
  },
};

type Report = Awaited<ReturnType<typeof reportOf>>;

async function reportOf(admin: AdminClient, broker: string) {
  const [stats, config, topics, groups, half, schedule] = await Promise.all([
    admin.clusters.runtimeStats(broker),
    admin.config.ofBroker(broker),
    admin.topics.userTopics(broker, false),
    admin.groups.userGroups(broker),
    putOf(admin, broker, halfTopic),
    putOf(admin, broker, scheduleTopic),
  ]);
  const text = (key: string): string | null => stats.get(key) ?? null;
  const rate = (key: string): number => Number(text(key)?.split(' ')[0]) || 0;
  const since = (kind: string): number =>
    (Number(text(`msg${kind}TotalTodayMorning`)) || 0) -
    (Number(text(`msg${kind}TotalYesterdayMorning`)) || 0);
  return {
    runtimeEnv: {
      cpuNum: config.get('clientCallbackExecutorThreads') ?? null,
      totalMemKBytes: text('totalMemKBytes'),
    },
    runtimeQuota: {
      diskRatio: {
        commitLogDiskRatio: text('commitLogDiskRatio'),
        consumeQueueDiskRatio: text('consumeQueueDiskRatio'),
      },
      tps: {
        normalInTps: rate('putTps'),
        normalOutTps: rate('getTransferredTps'),
        transInTps: half.tps,
        scheduleInTps: schedule.tps,
      },
      oneDayNum: {
        normalOneDayInNum: since('Put'),
        normalOneDayOutNum: since('Get'),
        transOneDayInNum: half.count,
        scheduleOneDayInNum: schedule.count,
      },
      messageAverageSize: text('putMessageAverageSize'),
      topicSize: topics.size,
      groupSize: groups.size,
    },
    runtimeVersion: {
      rocketmqVersion: CURRENT_VERSION_NAME,
      clientInfo: await clientKinds(admin, [...groups.keys()]),
    },
  };
}

/** A topic nobody sent to has no counter. */
async function putOf(
  admin: AdminClient,
  broker: string,
  topic: string,
): Promise<{ tps: number; count: number }> {
  try {
    const stats = await admin.stats.view(broker, 'TOPIC_PUT_NUMS', topic);
    return { tps: stats.minute.tps, count: dayCount(stats) };
  } catch (error) {
    if (error instanceof AnswerError) return { tps: 0, count: 0 };
    throw error;
  }
}

async function clientKinds(admin: AdminClient, groups: string[]): Promise<string[]> {
  const kinds = await allInOrder(groups, async (group) => {
    // A group without members has no clients.
    const members = await admin.clients.consumers(group).catch(() => null);
    return (members?.connections ?? []).map(
      ({ language, version }) => `${language}%${versionName(version)}`,
    );
  });
  return [...new Set(kinds.flat())];
}

function totalsOf(reports: Report[]) {
  const sum = (pick: (quota: Report['runtimeQuota']) => number): number =>
    reports.reduce((total, { runtimeQuota }) => total + pick(runtimeQuota), 0);
  return {
    totalTps: {
      totalNormalInTps: sum(({ tps }) => tps.normalInTps),
      totalNormalOutTps: sum(({ tps }) => tps.normalOutTps),
      totalTransInTps: sum(({ tps }) => tps.transInTps),
      totalScheduleInTps: sum(({ tps }) => tps.scheduleInTps),
    },
    totalOneDayNum: {
      normalOneDayInNum: sum(({ oneDayNum }) => oneDayNum.normalOneDayInNum),
      normalOneDayOutNum: sum(({ oneDayNum }) => oneDayNum.normalOneDayOutNum),
      transOneDayInNum: sum(({ oneDayNum }) => oneDayNum.transOneDayInNum),
      scheduleOneDayInNum: sum(({ oneDayNum }) => oneDayNum.scheduleOneDayInNum),
    },
  };
}

/** `mqadmin statsAll`: rates and counts of every topic and of each group that consumes it. */
import type { BrokerStats } from '../../../admin/answers.ts';
import { reasonOf } from '../../../admin/asker.ts';
import { allInOrder } from '../../../admin/in-order.ts';
import { dayCount } from '../../../admin/stats.ts';
import { AnswerError } from '../../../remoting/errors.ts';
import { type CliCommand, type CliContext, option, textOf } from '../../command.ts';
import { front, row } from '../../output.ts';
import { outcomesOf } from '../../targets.ts';

const names = [{ width: 64 }, { width: 64 }];
const figures = [12, 11, 11, 14, 14].map((width) => ({ width, right: true }));

interface Line {
  topic: string;
  group: string;
  accumulation: number;
  inTps: number;
  outTps: number | null;
  inCount: number;
  outCount: number | null;
}

export const statsAll: CliCommand = {
  name: 'statsAll',
  group: 'stats',
  description: 'Topic and Consumer tps stats.',
  lists: true,
  options: [
    option('a', 'activeTopic', 'print active topic only', { takesValue: false }),
    option('t', 'topic', 'print select topic only'),
  ],
  async run(args, context) {
    const { admin, out } = context;
    const wanted = textOf(args, 'topic') ?? '';
    const topics = (await admin.topics.all())
      .filter((topic) => !topic.startsWith('%RETRY%') && !topic.startsWith('%DLQ%'))
      .filter((topic) => wanted === '' || topic === wanted);
    const titles = ['#Accumulation', '#InTPS', '#OutTPS', '#InMsg24Hour', '#OutMsg24Hour'];
    out.line(`${row(names, ['#Topic', '#Consumer Group'])} ${row(figures, titles, ' ')}`);
    for await (const [, outcome] of outcomesOf(topics, context, (topic) =>
      linesOf(topic, context),
    )) {
      if ('error' in outcome) {
        // A topic without a route has no figures; what cannot be reached is said once.
        if (!(outcome.error instanceof AnswerError)) out.problem(reasonOf(outcome.error));
        continue;
      }
      for (const line of outcome.value) {
        const isActive = line.inCount > 0 || (line.outCount ?? 0) > 0;
        if (args.has('activeTopic') && !isActive) continue;
        out.line(textOfLine(line));
        out.record({ ...line });
      }
    }
  },
};

async function linesOf(topic: string, { admin, out }: CliContext): Promise<Line[]> {
  const route = await admin.topics.route(topic);
  const masters = route.brokers.flatMap(({ addresses }) => addresses.get(0) ?? []);
  const first = masters[0] ?? [...(route.brokers[0]?.addresses.values() ?? [])][0];
  // A counter that a broker does not have is a zero, as in Java.
  const tell = (error: unknown): null => {
    if (!(error instanceof AnswerError)) out.problem(reasonOf(error));
    return null;
  };
  const view = async (name: string, key: string): Promise<BrokerStats[]> => {
    const stats = await allInOrder(masters, (broker) =>
      admin.stats.view(broker, name, key).catch(tell),
    );
    return stats.filter((each) => each !== null);
  };
  const [groups, put] = await Promise.all([
    first === undefined ? [] : admin.topics.groupsInBroker(first, topic),
    view('TOPIC_PUT_NUMS', topic),
  ]);
  const { tps: inTps, count: inCount } = sumOf(put);
  if (groups.length === 0) {
    return [{ topic, group: '', accumulation: 0, inTps, outTps: null, inCount, outCount: null }];
  }
  return allInOrder(groups, async (group) => {
    const [got, stats] = await Promise.all([
      view('GROUP_GET_NUMS', `${topic}@${group}`),
      admin.offsets.consumeStats(group, topic, tell).catch(tell),
    ]);
    const behind = (stats?.queues ?? []).reduce(
      (sum, queue) => sum + queue.brokerOffset - queue.consumerOffset,
      0,
    );
    const { tps: outTps, count: outCount } = sumOf(got);
    return { topic, group, accumulation: Math.max(0, behind), inTps, outTps, inCount, outCount };
  });
}

function sumOf(stats: BrokerStats[]): { tps: number; count: number } {
  return {
    tps: stats.reduce((sum, { minute }) => sum + minute.tps, 0),
    count: stats.reduce((sum, each) => sum + dayCount(each), 0),
  };
}

function textOfLine(line: Line): string {
  const place = row(names, [front(line.topic, 64), front(line.group, 64)]);
  const numbers = [
    line.accumulation,
    line.inTps.toFixed(2),
    line.outTps?.toFixed(2) ?? '',
    line.inCount,
    line.outCount ?? 'NO_CONSUMER',
  ];
  return `${place} ${row(figures, numbers, ' ')}`;
}

/** `mqadmin queryMsgTraceById`: who sent a message and who consumed it, as clients traced it. */
import { type CliCommand, integerOf, option, requiredText, textOf } from '../../command.ts';
import { formatSeconds, type Output, row } from '../../output.ts';
import { type TraceView, tracesOf } from './trace.ts';

const columns = [10, 20, 20, 20, 10, 10].map((width) => ({ width }));

export const queryMsgTraceById: CliCommand = {
  name: 'queryMsgTraceById',
  group: 'message',
  description: 'Query a message trace.',
  lists: true,
  options: [
    option('i', 'msgId', 'Message Id', { required: true }),
    option('t', 'traceTopic', 'The name value of message trace topic'),
    option('b', 'beginTimestamp', 'Begin timestamp(ms). default:0, eg:1676730526212'),
    option('e', 'endTimestamp', 'End timestamp(ms). default:Long.MAX_VALUE, eg:1676730526212'),
    option('c', 'maxNum', 'The maximum number of messages returned by the query, default:64'),
  ],
  async run(args, { admin, out }) {
    const id = requiredText(args, 'msgId');
    const topic = textOf(args, 'traceTopic') ?? 'RMQ_SYS_TRACE_TOPIC';
    const traces = await admin.messages.query({
      topic,
      key: id,
      maxNum: integerOf(args, 'maxNum', 64, { min: 1, max: 10_000 }),
      beginTimestamp: integerOf(args, 'beginTimestamp', 0),
      endTimestamp: integerOf(args, 'endTimestamp', Number.MAX_SAFE_INTEGER),
      routeTopic: topic,
      uniqueKey: false,
    });
    const views = traces.flatMap((trace) => tracesOf(id, trace));
    for (const view of views.filter(({ type }) => type === 'Pub')) {
      print(['#ProducerGroup', '#SendTime'], 'Pub', [view], out);
    }
    const consumed = views.filter(({ type }) => type === 'SubAfter');
    for (const group of new Set(consumed.map((view) => view.group))) {
      const ofGroup = consumed.filter((view) => view.group === group);
      print(['#ConsumerGroup', '#ConsumerTime'], 'Sub', ofGroup, out);
    }
  },
};

function print(
  [groupTitle, timeTitle]: [string, string],
  type: string,
  views: TraceView[],
  out: Output,
): void {
  const titles = ['#Type', groupTitle, '#ClientHost', timeTitle, '#CostTimes', '#Status'];
  out.line(row(columns, titles, ' '));
  for (const view of views) {
    const { group, clientHost, timestamp, costMs, isSuccess } = view;
    const status = isSuccess ? 'success' : 'failed';
    const time = formatSeconds(timestamp);
    out.line(row(columns, [type, group, clientHost, time, `${costMs}ms`, status], ' '));
    out.record({ ...view, type });
  }
  out.line();
}

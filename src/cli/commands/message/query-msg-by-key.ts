/** `mqadmin queryMsgByKey`: the messages of a topic that carry a business key. */
import { type CliCommand, integerOf, option, requiredText, textOf } from '../../command.ts';
import { column, startTable } from '../../table.ts';
import { missingIn } from '../../targets.ts';

const columns = [
  column('messageId', '#Message ID', 50),
  column('queueId', '#QID', 4, true),
  column('offset', '#Offset', 40, true),
];

export const queryMsgByKey: CliCommand = {
  name: 'queryMsgByKey',
  group: 'message',
  description: 'Query Message by Key.',
  lists: true,
  options: [
    option('t', 'topic', 'Topic name', { required: true }),
    option('k', 'msgKey', 'Message Key', { required: true }),
    option('b', 'beginTimestamp', 'Begin timestamp(ms). default:0, eg:1676730526212'),
    option('e', 'endTimestamp', 'End timestamp(ms). default:Long.MAX_VALUE, eg:1676730526212'),
    option('m', 'maxNum', 'The maximum number of messages returned by the query, default:64'),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const question = {
      topic,
      key: requiredText(args, 'msgKey'),
      maxNum: integerOf(args, 'maxNum', 64, { min: 1, max: 10_000 }),
      beginTimestamp: integerOf(args, 'beginTimestamp', 0),
      endTimestamp: integerOf(args, 'endTimestamp', Number.MAX_SAFE_INTEGER),
      routeTopic: textOf(args, 'cluster') ?? topic,
      uniqueKey: false,
    };
    const messages = await admin.messages.query(question, missingIn(out));
    const line = startTable(out, columns, ' ');
    for (const { messageId, queueId, queueOffset } of messages) {
      line([messageId, queueId, queueOffset]);
    }
  },
};

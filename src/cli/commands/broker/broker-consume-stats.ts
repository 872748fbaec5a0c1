/** `mqadmin brokerConsumeStats`: the progress of every group of a broker. */
import { compareQueues } from '../../../model/message-queue.ts';
import { booleanOf, type CliCommand, integerOf, option, requiredText } from '../../command.ts';
import { formatSeconds, front } from '../../output.ts';
import { column, startTable } from '../../table.ts';

const columns = [
  column('topic', '#Topic', 64),
  column('group', '#Group', 64),
  column('brokerName', '#Broker Name', 32),
  column('queueId', '#QID', 4),
  column('brokerOffset', '#Broker Offset', 20),
  column('consumerOffset', '#Consumer Offset', 20),
  column('diff', '#Diff', 20),
  column('lastTimestamp', '#LastTime', 0),
];

export const brokerConsumeStats: CliCommand = {
  name: 'brokerConsumeStats',
  group: 'broker',
  description: 'Fetch broker consume stats data.',
  lists: true,
  options: [
    option('b', 'brokerAddr', 'Broker address', { required: true }),
    option('t', 'timeoutMillis', 'request timeout Millis'),
    option('l', 'level', 'threshold of print diff'),
    option('o', 'order', 'order topic'),
  ],
  async run(args, { admin, out }) {
    const level = integerOf(args, 'level', 0);
    const { groups, totalDiff } = await admin.offsets.allConsumeStats(
      requiredText(args, 'brokerAddr'),
      booleanOf(args, 'order'),
      integerOf(args, 'timeoutMillis', 50_000, { min: 1, max: 2 ** 31 - 1 }),
    );
    const line = startTable(out, columns);
    for (const { group, queues } of groups) {
      for (const queue of [...queues].sort(compareQueues)) {
        const { topic, brokerName, queueId, brokerOffset, consumerOffset, lastTimestamp } = queue;
        const diff = brokerOffset - consumerOffset;
        // As in Java a queue nothing was ever consumed from has no time and is not shown.
        if (diff < level || lastTimestamp <= 0) continue;
        line([
          { text: front(topic, 64), value: topic },
          group,
          { text: front(brokerName, 32), value: brokerName },
          ...[queueId, brokerOffset, consumerOffset, diff],
          { text: formatSeconds(lastTimestamp), value: lastTimestamp },
        ]);
      }
    }
    out.line();
    out.line(`Diff Total: ${totalDiff}`);
  },
};

/** `mqadmin topicStatus`: the offsets of every queue of a topic. */
import { compareQueues } from '../../../model/message-queue.ts';
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { formatMillis, front, javaDouble, row } from '../../output.ts';
import { missingIn } from '../../targets.ts';

const columns = [32, 4, 20, 20].map((width) => ({ width }));

export const topicStatus: CliCommand = {
  name: 'topicStatus',
  group: 'topic',
  description: 'Examine topic Status info.',
  lists: true,
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('c', 'cluster', 'Cluster name or lmq parent topic, lmq is used to find the route.'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const routeTopic = textOf(args, 'cluster') ?? topic;
    const stats = await admin.topics.stats(topic, routeTopic, missingIn(out));
    const header = row(columns, ['#Broker Name', '#QID', '#Min Offset', '#Max Offset']);
    out.line(`${header}    #Last Updated`);
    for (const queue of [...stats.queues].sort(compareQueues)) {
      const { brokerName, queueId, minOffset, maxOffset, lastUpdateTimestamp } = queue;
      const updated = lastUpdateTimestamp > 0 ? formatMillis(lastUpdateTimestamp) : '';
      out.line(
        `${row(columns, [front(brokerName, 32), queueId, minOffset, maxOffset])}    ${updated}`,
      );
      out.record({ brokerName, queueId, minOffset, maxOffset, lastUpdateTimestamp });
    }
    out.line();
    out.line(`Topic Put TPS: ${javaDouble(stats.putTps)}`);
  },
};

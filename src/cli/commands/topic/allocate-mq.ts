/** `mqadmin allocateMQ`: which queues each client would get, were these the members. */
import type { TopicRoute } from '../../../admin/answers.ts';
import { allocateAveragely } from '../../../model/allocation.ts';
import { compareQueues } from '../../../model/message-queue.ts';
import { stringifyJson } from '../../../remoting/fastjson.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';

const readable = 4;

export const allocateMq: CliCommand = {
  name: 'allocateMQ',
  group: 'topic',
  description: 'Allocate MQ.',
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('i', 'ipList', 'clients, separated by commas', { required: true }),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const clients = requiredText(args, 'ipList').split(',');
    const queues = readableQueues(topic, await admin.topics.route(topic));
    const result = new Map(
      clients.map((client, index) => [client, allocateAveragely(queues, index, clients.length)]),
    );
    out.line(stringifyJson({ result }));
  },
};

function readableQueues(topic: string, route: TopicRoute) {
  return route.queues
    .filter(({ perm }) => (perm & readable) !== 0)
    .flatMap(({ brokerName, readQueueNums }) =>
      Array.from({ length: readQueueNums }, (_, queueId) => ({ topic, brokerName, queueId })),
    )
    .sort(compareQueues);
}

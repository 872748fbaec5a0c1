/** `mqadmin allocateMQ`: which queues each client would get, were these the members. */
import { compareQueues, type TopicRoute } from '../../../admin/answers.ts';
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
      clients.map((client, index) => [client, share(queues, index, clients.length)]),
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

/** Java's AllocateMessageQueueAveragely: runs of queues, the first members one more. */
function share<T>(queues: T[], index: number, members: number): T[] {
  const base = Math.floor(queues.length / members);
  const larger = queues.length % members;
  const start = index * base + Math.min(index, larger);
  return queues.slice(start, start + base + (index < larger ? 1 : 0));
}

/** `mqadmin checkMsgSendRT`: how long sends to a topic take, queue after queue. */
import { reasonOf } from '../../../admin/asker.ts';
import { type CliCommand, integerOf, option, requiredText } from '../../command.ts';
import { column, startTable } from '../../table.ts';

const writable = 2;
const columns = [
  column('brokerName', '#Broker Name', 32),
  column('queueId', '#QID', 4),
  column('isSent', '#Send Result', 20),
  column('rt', '#RT', 0),
];

export const checkMsgSendRt: CliCommand = {
  name: 'checkMsgSendRT',
  group: 'message',
  description: 'Check message send response time.',
  lists: true,
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('a', 'amount', 'message amount | default 100'),
    option('s', 'size', 'message size | default 128 Byte'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const amount = integerOf(args, 'amount', 100, { min: 1, max: 1_000_000 });
    const body = Buffer.alloc(integerOf(args, 'size', 128, { min: 1, max: 4 * 1024 * 1024 }), 'a');
    const route = await admin.topics.routeForSending(topic);
    const queues = route.queues
      .filter(({ perm }) => (perm & writable) !== 0)
      .flatMap(({ brokerName, writeQueueNums }) =>
        Array.from({ length: writeQueueNums }, (_, queueId) => ({ brokerName, queueId })),
      );
    const line = startTable(out, columns);
    let total = 0;
    for (let number = 0; number < amount; number++) {
      const queue = queues[number % queues.length];
      if (queue === undefined) throw new Error(`topic ${topic} has no writable queue`);
      const begin = performance.now();
      const isSent = await admin.messages
        .send({ topic, body, keys: null, tags: null, ...queue })
        .then(() => true)
        .catch((error: unknown) => {
          out.problem(reasonOf(error));
          return false;
        });
      const rt = Math.round(performance.now() - begin);
      // The first pays for route and connection, and does not count.
      if (number > 0) total += rt;
      line([queue.brokerName, queue.queueId, { text: String(isSent), value: isSent }, rt]);
    }
    out.line(`Avg RT: ${(total / Math.max(1, amount - 1)).toFixed(2)}`);
  },
};

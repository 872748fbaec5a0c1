/** `mqadmin queryCq`: the entries of a consume queue. */
import { type CliCommand, integerOf, option, requiredText, textOf } from '../../command.ts';

const rule = '='.repeat(38);

export const queryCq: CliCommand = {
  name: 'queryCq',
  group: 'queue',
  description: 'Query cq command.',
  lists: true,
  options: [
    option('t', 'topic', 'topic name', { required: true }),
    option('q', 'queue', 'queue num, ie. 1', { required: true }),
    option('i', 'index', 'start queue index.', { required: true }),
    option('c', 'count', 'how many.'),
    option('b', 'broker', 'broker addr.'),
    option('g', 'consumer', 'consumer group.'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const index = integerOf(args, 'index', 0);
    const broker = textOf(args, 'broker') || (await admin.topics.brokersOn(topic))[0];
    if (broker === undefined) throw new Error('No topic route data!');
    const contents = await admin.messages.queueContents(broker, {
      topic,
      queueId: integerOf(args, 'queue', 0, { min: 0, max: 2 ** 31 - 1 }),
      index,
      count: integerOf(args, 'count', 10, { min: 1, max: 2 ** 31 - 1 }),
      consumerGroup: textOf(args, 'consumer'),
    });
    if (contents.subscription !== null) {
      out.line('Subscription data: ');
      out.line(JSON.stringify(contents.subscription, null, '\t').replaceAll('": ', '":'));
      out.line(rule);
    }
    if (contents.filter !== null) {
      out.line('Filter data: ');
      out.line(contents.filter);
      out.line(rule);
    }
    out.line('Queue data: ');
    out.line(`max: ${contents.maxIndex}, min: ${contents.minIndex}`);
    out.line(rule);
    contents.entries.forEach((entry, at) => {
      out.line(`idx: ${index + at}`);
      out.line(
        `ConsumeQueueData{physicOffset=${entry.physicOffset}, physicSize=${entry.physicSize}, ` +
          `tagsCode=${entry.tagsCode}, extendDataJson='${entry.extendDataJson}', ` +
          `bitMap='${entry.bitMap}', eval=${entry.eval}, msg='${entry.msg}'}`,
      );
      out.line(rule);
      out.record({ index: index + at, ...entry });
    });
  },
};

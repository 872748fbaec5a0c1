/** `mqadmin sendMsgStatus`: sends messages to the topic named as the broker, with their times. */
import { type CliCommand, integerOf, option, requiredText } from '../../command.ts';

const filler = 'hello jodie';

export const sendMsgStatus: CliCommand = {
  name: 'sendMsgStatus',
  group: 'broker',
  description: 'Send msg to broker.',
  lists: true,
  options: [
    option('b', 'brokerName', 'Broker Name e.g. clusterName_brokerName', { required: true }),
    option('s', 'messageSize', 'Message Size, Default: 128'),
    option('c', 'count', 'send message count, Default: 50'),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'brokerName');
    const size = integerOf(args, 'messageSize', 128, { min: 1, max: 4 * 1024 * 1024 });
    const count = integerOf(args, 'count', 50);
    const send = (bytes: number) =>
      admin.messages.send({
        topic,
        body: Buffer.from(filler.repeat(Math.ceil(bytes / filler.length))),
        ...{ keys: null, tags: null, brokerName: null, queueId: null },
      });
    // The first send pays for route and connection, and is not shown.
    await send(16);
    for (let sent = 0; sent < count; sent++) {
      const begin = performance.now();
      const { status, messageId, offsetMessageId, queue, queueOffset } = await send(size);
      const rt = Math.round(performance.now() - begin);
      const place = `topic=${topic}, brokerName=${queue.brokerName}, queueId=${queue.queueId}`;
      out.line(
        `rt=${rt}ms, SendResult=SendResult [sendStatus=${status}, msgId=${messageId}, ` +
          `offsetMsgId=${offsetMessageId}, messageQueue=MessageQueue [${place}], ` +
          `queueOffset=${queueOffset}, recallHandle=null]`,
      );
      const { brokerName, queueId } = queue;
      out.record({ rt, status, messageId, offsetMessageId, brokerName, queueId, queueOffset });
    }
  },
};

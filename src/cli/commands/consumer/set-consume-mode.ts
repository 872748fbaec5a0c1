/** `mqadmin setConsumeMode`: whether a group pulls or pops a topic. */
import { type CliCommand, integerOf, option, requiredText, UsageError } from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';

export const setConsumeMode: CliCommand = {
  name: 'setConsumeMode',
  group: 'consumer',
  description: 'Set consume message mode. pull/pop etc.',
  someOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'set the mode on which broker'),
    option('c', 'clusterName', 'set the mode in which cluster'),
    option('t', 'topicName', 'topic name', { required: true }),
    option('g', 'groupName', 'consumer group name', { required: true }),
    option('m', 'mode', 'consume mode. PULL/POP', { required: true }),
    option('q', 'popShareQueueNum', 'num of queue which share in pop mode'),
  ],
  async run(args, { admin, out }) {
    const mode = requiredText(args, 'mode');
    if (mode !== 'PULL' && mode !== 'POP') throw new UsageError(`mode is PULL or POP, not ${mode}`);
    const topic = requiredText(args, 'topicName');
    const consumerGroup = requiredText(args, 'groupName');
    const popShareQueueNum = integerOf(args, 'popShareQueueNum', 0, { min: -1, max: 65_536 });
    await onEach(
      await mastersIn(args, admin),
      out,
      (broker) =>
        admin.groups.setRequestMode(broker, { topic, consumerGroup, mode, popShareQueueNum }),
      (broker) => out.line(`set consume mode to ${broker} success.`),
    );
    out.line(
      `topic[${topic}] group[${consumerGroup}] consume mode[${mode}] ` +
        `popShareQueueNum[${popShareQueueNum}]`,
    );
  },
};

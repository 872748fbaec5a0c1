/** `mqadmin updateTopicPerm`: changes what may be done with a topic, and nothing else of it. */
import type { TopicSettings } from '../../../admin/answers.ts';
import { type CliCommand, integerOf, option, requiredText, textOf } from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';
import { topicConfigText } from './topic-config-text.ts';

export const updateTopicPerm: CliCommand = {
  name: 'updateTopicPerm',
  group: 'topic',
  description: 'Update topic perm.',
  someOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'create topic to which broker'),
    option('c', 'clusterName', 'create topic to which cluster'),
    option('t', 'topic', 'topic name', { required: true }),
    option('p', 'perm', "set topic's permission(2|4|6), intro[2:W; 4:R; 6:RW]", { required: true }),
  ],
  async run(args, { admin, out }) {
    const topic = requiredText(args, 'topic');
    const perm = integerOf(args, 'perm', 6, { min: 0, max: 15 });
    const broker = textOf(args, 'brokerAddr');
    const route = await admin.topics.route(topic);
    const name = route.brokers.find(({ addresses }) => addresses.get(0) === broker)?.name;
    if (broker !== null && name === undefined) {
      throw new Error(`${broker} is not the master of a broker that has topic ${topic}`);
    }
    const old = route.queues.find((each) => name === undefined || each.brokerName === name);
    if (old === undefined) throw new Error(`topic ${topic} has no queues`);
    if (broker !== null && old.perm === perm) {
      out.line('new perm equals to the old one!');
      return;
    }
    const { readQueueNums, writeQueueNums, topicSysFlag } = old;
    const settings: TopicSettings = {
      ...{ topicName: topic, readQueueNums, writeQueueNums, perm, topicSysFlag },
      ...{ order: false, attributes: new Map<string, string>() },
    };
    await onEach(
      await mastersIn(args, admin),
      out,
      (address) => admin.topics.update(address, settings),
      (address) => out.line(`update topic perm from ${old.perm} to ${perm} in ${address} success.`),
    );
    if (broker !== null) out.line(`${topicConfigText(settings)}.`);
  },
};

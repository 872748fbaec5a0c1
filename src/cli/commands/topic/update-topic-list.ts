/** `mqadmin updateTopicList`: creates or changes the topics of a file, in one request a broker. */
import { readFileSync } from 'node:fs';
import { parseTopicList } from '../../../admin/decode-settings.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';

export const updateTopicList: CliCommand = {
  name: 'updateTopicList',
  group: 'topic',
  description: 'create or update topic in batch',
  oneOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'create topic to which broker'),
    option('c', 'clusterName', 'create topic to which cluster'),
    option('f', 'filename', 'file with a JSON array of TopicConfig', { required: true }),
  ],
  async run(args, { admin, out }) {
    const topics = parseTopicList(readFileSync(requiredText(args, 'filename'), 'utf8'));
    if (topics.length === 0) return;
    const masters = await mastersIn(args, admin);
    await onEach(
      masters,
      out,
      (broker) => admin.topics.updateMany(broker, topics),
      (broker) =>
        out.line(
          `submit batch of topic config to ${broker} success, please check the result later.`,
        ),
    );
  },
};

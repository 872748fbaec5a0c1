/** `mqadmin updateTopic`: creates or changes a topic on one broker or a cluster's masters. */

import type { TopicSettings } from '../../../admin/answers.ts';
import { parseAttributes } from '../../../admin/attributes.ts';
import {
  booleanOf,
  type CliArguments,
  type CliCommand,
  integerOf,
  option,
  requiredText,
  textOf,
} from '../../command.ts';
import { topicConfigText } from './topic-config-text.ts';

export const updateTopic: CliCommand = {
  name: 'updateTopic',
  group: 'topic',
  description: 'Update or create topic.',
  oneOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'create topic to which broker'),
    option('c', 'clusterName', 'create topic to which cluster'),
    option('a', 'attributes', 'attribute(+a=b,+c=d,-e)'),
    option('t', 'topic', 'topic name', { required: true }),
    option('r', 'readQueueNums', 'set read queue nums'),
    option('w', 'writeQueueNums', 'set write queue nums'),
    option('p', 'perm', "set topic's permission(2|4|6), intro[2:W 4:R; 6:RW]"),
    option('o', 'order', "set topic's order(true|false)"),
    option('u', 'unit', 'is unit topic (true|false)'),
    option('s', 'hasUnitSub', 'has unit sub (true|false)'),
  ],
  async run(args, { admin, out }) {
    const settings = settingsOf(args);
    const broker = textOf(args, 'brokerAddr');
    const cluster = textOf(args, 'clusterName');
    const masters = broker !== null ? [broker] : await admin.clusters.mastersOf(cluster ?? '');
    for (const address of masters) {
      await admin.topics.update(address, settings);
      if (broker === null) out.line(`create topic to ${address} success.`);
    }
    if (settings.order) {
      const names = await admin.clusters.brokerNames(
        cluster === null ? { address: broker ?? '' } : { cluster },
      );
      const orderConf = names.map((name) => `${name}:${settings.writeQueueNums}`).join(';');
      await admin.topics.updateOrderConfig(settings.topicName, orderConf, cluster !== null);
      const scope = cluster === null ? 'broker' : 'cluster';
      out.line(`set ${scope} orderConf. isOrder=true, orderConf=[${orderConf}]`);
    }
    if (broker !== null) out.line(`create topic to ${broker} success.`);
    out.line(topicConfigText(settings));
  },
};

function settingsOf(args: CliArguments): TopicSettings {
  const queues = { min: 1, max: 65_536 };
  const unit = booleanOf(args, 'unit') ? 1 : 0;
  const unitSub = booleanOf(args, 'hasUnitSub') ? 2 : 0;
  return {
    topicName: requiredText(args, 'topic'),
    readQueueNums: integerOf(args, 'readQueueNums', 8, queues),
    writeQueueNums: integerOf(args, 'writeQueueNums', 8, queues),
    perm: integerOf(args, 'perm', 6, { min: 0, max: 15 }),
    topicSysFlag: unit | unitSub,
    order: booleanOf(args, 'order'),
    attributes: parseAttributes(textOf(args, 'attributes') ?? ''),
  };
}

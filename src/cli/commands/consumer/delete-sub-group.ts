/** `mqadmin deleteSubGroup`: removes a group; from a cluster with its retry and dead letters. */
import { booleanOf, type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';

export const deleteSubGroup: CliCommand = {
  name: 'deleteSubGroup',
  group: 'consumer',
  description: 'Delete subscription group from broker.',
  someOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'delete subscription group from which broker'),
    option('c', 'clusterName', 'delete subscription group from which cluster'),
    option('g', 'groupName', 'subscription group name', { required: true }),
    option('r', 'removeOffset', 'remove offset'),
  ],
  async run(args, { admin, out }) {
    const group = requiredText(args, 'groupName');
    const cleanOffset = booleanOf(args, 'removeOffset');
    const cluster = args.has('brokerAddr') ? null : textOf(args, 'clusterName');
    const within = cluster === null ? '' : ` in cluster [${cluster}]`;
    const masters = await mastersIn(args, admin);
    await onEach(
      masters,
      out,
      (broker) => admin.groups.delete(broker, group, cleanOffset),
      (broker) =>
        out.line(`delete subscription group [${group}] from broker [${broker}]${within} success.`),
    );
    if (cluster === null) return;
    for (const topic of [`%RETRY%${group}`, `%DLQ%${group}`]) {
      await onEach(
        masters,
        out,
        (broker) => admin.topics.deleteInBroker(broker, topic),
        () => undefined,
      );
      await admin.topics.deleteInNameServers(topic, cluster);
    }
  },
};

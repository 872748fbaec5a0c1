/** `mqadmin cleanUnusedTopic`: removes queues of topics that no longer exist. */
import { type CliCommand, option } from '../../command.ts';
import { brokersIn, onEach } from '../../targets.ts';

export const cleanUnusedTopic: CliCommand = {
  name: 'cleanUnusedTopic',
  group: 'broker',
  description: 'Clean unused topic on broker.',
  options: [
    option('b', 'brokerAddr', 'Broker address'),
    option('c', 'cluster', 'cluster name; all clusters without it'),
  ],
  async run(args, { admin, out }) {
    const brokers = await brokersIn(args, admin);
    await onEach(
      brokers,
      out,
      (broker) => admin.clusters.cleanUnusedTopics(broker),
      () => undefined,
    );
    out.line(out.hasProblems ? 'false' : 'success');
  },
};

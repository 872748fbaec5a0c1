/** `mqadmin cleanExpiredCQ`: removes queue files that no log record is behind any more. */
import { type CliCommand, option } from '../../command.ts';
import { brokersIn, onEach } from '../../targets.ts';

export const cleanExpiredCQ: CliCommand = {
  name: 'cleanExpiredCQ',
  group: 'broker',
  description: 'Clean expired ConsumeQueue on broker.',
  options: [
    option('b', 'brokerAddr', 'Broker address'),
    option('c', 'cluster', 'cluster name; all clusters without it'),
  ],
  async run(args, { admin, out }) {
    const brokers = await brokersIn(args, admin);
    await onEach(
      brokers,
      out,
      (broker) => admin.clusters.cleanExpiredQueues(broker),
      () => undefined,
    );
    out.line(out.hasProblems ? 'false' : 'success');
  },
};

/** `mqadmin brokerStatus`: the runtime figures of one broker or of a cluster's brokers. */
import { type CliCommand, option, textOf } from '../../command.ts';
import { onEach } from '../../targets.ts';

export const brokerStatus: CliCommand = {
  name: 'brokerStatus',
  group: 'broker',
  description: 'Fetch broker runtime status data.',
  oneOf: ['brokerAddr', 'clusterName'],
  lists: true,
  options: [
    option('b', 'brokerAddr', 'Broker address'),
    option('c', 'clusterName', 'which cluster'),
  ],
  async run(args, { admin, out }) {
    const address = textOf(args, 'brokerAddr');
    const cluster = textOf(args, 'clusterName') ?? '';
    const brokers = address === null ? await admin.clusters.brokersOf(cluster) : [address];
    await onEach(
      brokers,
      out,
      (broker) => admin.clusters.runtimeStats(broker),
      (broker, stats) => {
        const prefix = address === null ? `${broker.padEnd(24)} ` : '';
        for (const [key, value] of [...stats].sort(([a], [b]) => (a < b ? -1 : 1))) {
          out.line(`${prefix}${key.padEnd(32)}: ${value}`);
        }
        out.record({ broker, stats });
      },
    );
  },
};

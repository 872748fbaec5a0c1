/** `mqadmin updateBrokerConfig`: changes one configuration key of a broker while it runs. */
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';

export const updateBrokerConfig: CliCommand = {
  name: 'updateBrokerConfig',
  group: 'broker',
  description: "Update broker's config.",
  someOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'update which broker'),
    option('c', 'clusterName', 'update which cluster'),
    option('a', 'updateAllBroker', 'update all brokers include slave'),
    option('k', 'key', 'config key', { required: true }),
    option('v', 'value', 'config value', { required: true }),
  ],
  async run(args, { admin, out }) {
    const values = new Map([[requiredText(args, 'key'), textOf(args, 'value') ?? '']]);
    const withSlaves = !args.has('brokerAddr') && args.has('updateAllBroker');
    const brokers = withSlaves
      ? await admin.clusters.brokersOf(requiredText(args, 'clusterName'))
      : await mastersIn(args, admin);
    await onEach(
      brokers,
      out,
      (broker) => admin.config.updateBroker(broker, values),
      (broker) => out.line(`update broker config success, ${broker}`),
    );
  },
};

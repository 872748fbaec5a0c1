/** `mqadmin getBrokerConfig`: the configuration of one broker, or of a cluster's brokers. */
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { onEach } from '../../targets.ts';

export const getBrokerConfig: CliCommand = {
  name: 'getBrokerConfig',
  group: 'broker',
  description: 'Get broker config by cluster or special broker.',
  someOf: ['brokerAddr', 'clusterName'],
  lists: true,
  options: [
    option('b', 'brokerAddr', 'get which broker'),
    option('c', 'clusterName', 'get which cluster'),
  ],
  async run(args, { admin, out }) {
    const titles = new Map<string, string>();
    const broker = textOf(args, 'brokerAddr');
    if (broker !== null) titles.set(broker, broker);
    else {
      for (const { addresses } of await admin.clusters.setsOf(requiredText(args, 'clusterName'))) {
        const master = addresses.get(0) ?? 'NO_MASTER';
        for (const [id, address] of addresses) {
          const isMaster = id === 0;
          titles.set(
            address,
            isMaster ? `Master: ${address}` : `My Master: ${master}=====Slave: ${address}`,
          );
        }
      }
    }
    await onEach(
      [...titles.keys()],
      out,
      (address) => admin.config.ofBroker(address),
      (address, config) => {
        const rule = '='.repeat(12);
        out.line(`${rule}${titles.get(address) ?? address}${rule}`);
        for (const [key, value] of config) out.line(`${key.padEnd(50)}=  ${value}`);
        out.line();
        out.record({ broker: address, config });
      },
    );
  },
};

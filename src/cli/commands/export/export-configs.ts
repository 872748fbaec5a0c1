/** `mqadmin exportConfigs`: what matters of the configuration of a cluster's masters as a file. */
import { allInOrder } from '../../../admin/in-order.ts';
import { type CliCommand, option, requiredText } from '../../command.ts';
import { writeExport } from './export-file.ts';

const exported = [
  'brokerClusterName',
  'brokerId',
  'brokerName',
  'brokerRole',
  'fileReservedTime',
  'filterServerNums',
  'flushDiskType',
  'maxMessageSize',
  'messageDelayLevel',
  'msgTraceTopicName',
  'slaveReadEnable',
  'traceOn',
  'traceTopicEnable',
  'useTLS',
  'autoCreateTopicEnable',
  'autoCreateSubscriptionGroup',
];

export const exportConfigs: CliCommand = {
  name: 'exportConfigs',
  group: 'export',
  description: 'Export configs.',
  options: [
    option('c', 'clusterName', 'choose a cluster to export', { required: true }),
    option('f', 'filePath', 'export configs.json path | default /tmp/rocketmq/export'),
  ],
  async run(args, { admin, out }) {
    const sets = await admin.clusters.setsOf(requiredText(args, 'clusterName'));
    const masters = sets.flatMap(({ name, addresses }) => {
      const master = addresses.get(0);
      return master === undefined ? [] : [{ name, master }];
    });
    const configs = await allInOrder(masters, async ({ name, master }) => {
      const config = await admin.config.ofBroker(master);
      const kept = exported.flatMap((key) => {
        const value = config.get(key);
        return value === undefined ? [] : [[key, value] as const];
      });
      return [config.get('brokerName') ?? name, new Map(kept)] as const;
    });
    const brokers = sets.reduce((sum, { addresses }) => sum + addresses.size, 0);
    const path = writeExport(args, 'configs.json', {
      brokerConfigs: new Map(configs),
      clusterScale: {
        namesrvSize: admin.nameServers.length,
        masterBrokerSize: masters.length,
        slaveBrokerSize: brokers - masters.length,
      },
    });
    out.line(`export ${path} success`);
  },
};

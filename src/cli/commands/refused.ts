/**
 * Commands of RocketMQ for parts this cluster does not have. They exist, so that a script that
 * calls one learns why it cannot work instead of that its name is unknown.
 */
import type { CliCommand, CommandGroup } from '../command.ts';

const reasons = {
  auth: 'users and access control lists are not built yet',
  coldData: 'cold data flow control is for stores on mapped memory; reads here are not throttled',
  compaction: 'compacted topics are not built',
  container: 'a broker is a process of its own, there is no broker container',
  controller: 'there is no controller; a broker set has the master its configuration names',
  pop: 'pop consumption keeps no records to export yet',
  rocksdb: 'metadata and queues are files here, never RocksDB',
  staticTopic: 'static topics (logical queues mapped onto brokers) are not built',
};

type Refused = [name: string, group: CommandGroup, reason: keyof typeof reasons, what: string];

const refused: readonly Refused[] = [
  ['addBroker', 'container', 'container', 'Add a broker to specified container.'],
  ['removeBroker', 'container', 'container', 'Remove a broker from specified container.'],
  ['updateStaticTopic', 'topic', 'staticTopic', 'Update or create static topic.'],
  ['remappingStaticTopic', 'topic', 'staticTopic', 'Remapping static topic.'],
  ['exportMetadataInRocksDB', 'export', 'rocksdb', 'export RocksDB kv config.'],
  ['exportPopRecord', 'export', 'pop', 'Export pop consumer record'],
  ['getSyncStateSet', 'ha', 'controller', 'Fetch syncStateSet for target brokers.'],
  ['getBrokerEpoch', 'broker', 'controller', 'Fetch broker epoch entries.'],
  ['getControllerMetaData', 'controller', 'controller', "Get controller cluster's metadata."],
  ['getControllerConfig', 'controller', 'controller', 'Get controller config.'],
  ['updateControllerConfig', 'controller', 'controller', 'Update controller config.'],
  ['electMaster', 'controller', 'controller', 'Re-elect the specified broker as master.'],
  ['cleanBrokerMetadata', 'controller', 'controller', 'Clean metadata of broker on controller.'],
  ['dumpCompactionLog', 'message', 'compaction', 'Parse compaction log to message.'],
  ['getColdDataFlowCtrInfo', 'broker', 'coldData', 'Get cold data flow ctr info.'],
  [
    ...(['updateColdDataFlowCtrGroupConfig', 'broker', 'coldData'] as const),
    'Add or update cold data flow ctr group config.',
  ],
  [
    ...(['removeColdDataFlowCtrGroupConfig', 'broker', 'coldData'] as const),
    'Remove consumer from cold ctr config.',
  ],
  [
    ...(['setCommitLogReadAheadMode', 'broker', 'coldData'] as const),
    'Set read ahead mode for all commitlog files.',
  ],
  ['createUser', 'auth', 'auth', 'Create user to cluster.'],
  ['updateUser', 'auth', 'auth', 'Update user to cluster.'],
  ['deleteUser', 'auth', 'auth', 'Delete user from cluster.'],
  ['getUser', 'auth', 'auth', 'Get user from cluster.'],
  ['listUser', 'auth', 'auth', 'List user from cluster.'],
  ['copyUser', 'auth', 'auth', 'Copy user to cluster.'],
  ['createAcl', 'auth', 'auth', 'Create acl to cluster.'],
  ['updateAcl', 'auth', 'auth', 'Update acl to cluster.'],
  ['deleteAcl', 'auth', 'auth', 'Delete acl from cluster.'],
  ['getAcl', 'auth', 'auth', 'Get acl from cluster.'],
  ['listAcl', 'auth', 'auth', 'List acl from cluster.'],
  ['copyAcl', 'auth', 'auth', 'Copy acl to cluster.'],
  ['rocksDBConfigToJson', 'metadata', 'rocksdb', 'Convert RocksDB kv config to json.'],
  [
    ...(['checkRocksdbCqWriteProgress', 'queue', 'rocksdb'] as const),
    'check if rocksdb cq is same as file cq',
  ],
];

export const refusedCommands: readonly CliCommand[] = refused.map(
  ([name, group, reason, description]) => ({
    name,
    group,
    description: `${description} (not supported by this cluster)`,
    options: [],
    isLax: true,
    run() {
      return Promise.reject(new Error(`not supported by this cluster: ${reasons[reason]}`));
    },
  }),
);

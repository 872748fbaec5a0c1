/**
 * Commands of RocketMQ for parts this cluster does not have. They exist, so that a script that
 * calls one learns why it cannot work instead of that its name is unknown.
 */
import { type CliCommand, type CliOption, type CommandGroup, option } from '../command.ts';

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

type Refused = readonly [
  name: string,
  group: CommandGroup,
  reason: keyof typeof reasons,
  what: string,
  /**
   * RocketMQ's options, `short:long` each: `*` must be given, exactly one of those with `^`, at
   * least one of those with `+`; `!` takes no value.
   */
  options: string,
];

const refused: readonly Refused[] = [
  [
    'addBroker',
    'container',
    'container',
    'Add a broker to specified container.',
    '*c:brokerContainerAddr *b:brokerConfigPath',
  ],
  [
    'removeBroker',
    'container',
    'container',
    'Remove a broker from specified container.',
    '*c:brokerContainerAddr *b:brokerIdentity',
  ],
  [
    'updateStaticTopic',
    'topic',
    'staticTopic',
    'Update or create static topic.',
    '^c:clusters ^b:brokers *t:topic *qn:totalQueueNum mf:mapFile fr:forceReplace',
  ],
  [
    'remappingStaticTopic',
    'topic',
    'staticTopic',
    'Remapping static topic.',
    '^c:clusters ^b:brokers *t:topic mf:mapFile fr:forceReplace',
  ],
  [
    'exportMetadataInRocksDB',
    'export',
    'rocksdb',
    'export RocksDB kv config.',
    '*p:path *t:configType j:jsonEnable',
  ],
  [
    'exportPopRecord',
    'export',
    'pop',
    'Export pop consumer record',
    'c:clusterName b:brokerAddr d:dryRun',
  ],
  [
    'getSyncStateSet',
    'ha',
    'controller',
    'Fetch syncStateSet for target brokers.',
    '*a:controllerAddress c:clusterName b:brokerName i:interval',
  ],
  [
    'getBrokerEpoch',
    'broker',
    'controller',
    'Fetch broker epoch entries.',
    'c:clusterName b:brokerName i:interval',
  ],
  [
    'getControllerMetaData',
    'controller',
    'controller',
    "Get controller cluster's metadata.",
    '*a:controllerAddress',
  ],
  [
    'getControllerConfig',
    'controller',
    'controller',
    'Get controller config.',
    '*a:controllerAddress',
  ],
  [
    'updateControllerConfig',
    'controller',
    'controller',
    'Update controller config.',
    '*a:controllerAddress *k:key *v:value',
  ],
  [
    'electMaster',
    'controller',
    'controller',
    'Re-elect the specified broker as master.',
    '*a:controllerAddress *b:brokerId *bn:brokerName *c:clusterName',
  ],
  [
    'cleanBrokerMetadata',
    'controller',
    'controller',
    'Clean metadata of broker on controller.',
    [
      '*a:controllerAddress b:brokerControllerIdsToClean *bn:brokerName',
      'c:clusterName l:cleanLivingBroker!',
    ].join(' '),
  ],
  ['dumpCompactionLog', 'message', 'compaction', 'Parse compaction log to message.', 'f:file'],
  [
    'getColdDataFlowCtrInfo',
    'broker',
    'coldData',
    'Get cold data flow ctr info.',
    'b:brokerAddr c:clusterName',
  ],
  [
    'updateColdDataFlowCtrGroupConfig',
    'broker',
    'coldData',
    'Add or update cold data flow ctr group config.',
    'b:brokerAddr c:clusterName *g:consumerGroup *v:threshold',
  ],
  [
    'removeColdDataFlowCtrGroupConfig',
    'broker',
    'coldData',
    'Remove consumer from cold ctr config.',
    'b:brokerAddr c:clusterName *g:consumerGroup',
  ],
  [
    'setCommitLogReadAheadMode',
    'broker',
    'coldData',
    'Set read ahead mode for all commitlog files.',
    'b:brokerAddr c:clusterName *m:commitLogReadAheadMode',
  ],
  [
    'createUser',
    'auth',
    'auth',
    'Create user to cluster.',
    '^c:clusterName ^b:brokerAddr *u:username *p:password t:userType',
  ],
  [
    'updateUser',
    'auth',
    'auth',
    'Update user to cluster.',
    '^c:clusterName ^b:brokerAddr *u:username +p:password +t:userType +s:userStatus',
  ],
  [
    'deleteUser',
    'auth',
    'auth',
    'Delete user from cluster.',
    '^c:clusterName ^b:brokerAddr *u:username',
  ],
  ['getUser', 'auth', 'auth', 'Get user from cluster.', '^b:brokerAddr ^c:clusterName u:username'],
  ['listUser', 'auth', 'auth', 'List user from cluster.', '^b:brokerAddr ^c:clusterName f:filter'],
  ['copyUser', 'auth', 'auth', 'Copy user to cluster.', '*f:fromBroker *t:toBroker u:usernames'],
  [
    'createAcl',
    'auth',
    'auth',
    'Create acl to cluster.',
    '^c:clusterName ^b:brokerAddr *s:subject *r:resources *a:actions i:sourceIp *d:decision',
  ],
  [
    'updateAcl',
    'auth',
    'auth',
    'Update acl to cluster.',
    '^c:clusterName ^b:brokerAddr *s:subject *r:resources *a:actions *d:decision i:sourceIp',
  ],
  [
    'deleteAcl',
    'auth',
    'auth',
    'Delete acl from cluster.',
    '^c:clusterName ^b:brokerAddr *s:subject r:resources',
  ],
  ['getAcl', 'auth', 'auth', 'Get acl from cluster.', '^b:brokerAddr ^c:clusterName s:subject'],
  [
    'listAcl',
    'auth',
    'auth',
    'List acl from cluster.',
    '^b:brokerAddr ^c:clusterName s:subject r:resource',
  ],
  ['copyAcl', 'auth', 'auth', 'Copy acl to cluster.', '*f:fromBroker *t:toBroker s:subjects'],
  [
    'rocksDBConfigToJson',
    'metadata',
    'rocksdb',
    'Convert RocksDB kv config to json.',
    't:configType p:configPath e:exportFile j:jsonEnable c:cluster b:brokerAddr',
  ],
  [
    'checkRocksdbCqWriteProgress',
    'queue',
    'rocksdb',
    'check if rocksdb cq is same as file cq',
    '*c:cluster t:topic cf:checkFrom',
  ],
];

function optionsOf(text: string): { marks: string; option: CliOption }[] {
  return text.split(' ').map((word) => {
    const [, marks = '', short = '', long = '', flag = ''] =
      /^([*^+]?)(\w+):(\w+)(!?)$/.exec(word) ?? [];
    const rest = { required: marks === '*', takesValue: flag === '' };
    return { marks, option: option(short, long, '', rest) };
  });
}

export const refusedCommands: readonly CliCommand[] = refused.map(
  ([name, group, reason, description, text]) => {
    const options = optionsOf(text);
    const marked = (mark: string): string[] =>
      options.filter(({ marks }) => marks === mark).map((each) => each.option.long);
    return {
      name,
      group,
      description: `${description} (not supported by this cluster)`,
      options: options.map((each) => each.option),
      oneOf: marked('^'),
      someOf: marked('+'),
      run() {
        return Promise.reject(new Error(`not supported by this cluster: ${reasons[reason]}`));
      },
    };
  },
);

/**
 * The rest of mqadmin's commands: those this cluster refuses by name, those that never end, and
 * those only ours has. Each is run on both kinds of broker; Java's that change something come last.
 */
import type { Step } from './mqadmin-script.ts';
import { tableShape } from './printed-form.ts';

const cluster = ['-c', 'DefaultCluster'] as const;
const broker = ['-b', '<broker>'] as const;
/** There is no controller; the broker's port is the nearest thing that answers. */
const controller = ['-a', '<broker>'] as const;
const user = ['-u', 'someone'] as const;
const subject = ['-s', 'User:someone'] as const;
const rule = [...subject, '-r', 'Topic:FixedTopic', '-a', 'Pub', '-d', 'Allow'] as const;

/** Ours says why this cluster has no such part; Java's are run to show what they do. */
export const refusals: readonly Step[] = [
  ['addBroker', '-c', '<broker>', '-b', '<folder>/none.properties'],
  ['removeBroker', '-c', '<broker>', '-b', 'DefaultCluster:broker-a:1'],
  ['exportMetadataInRocksDB', '-p', '<folder>/none', '-t', 'topics'],
  ['exportPopRecord', ...broker, '-d', 'true'],
  ['getSyncStateSet', ...controller, '-b', 'broker-a'],
  ['getBrokerEpoch', '-b', 'broker-a'],
  ['getControllerMetaData', ...controller],
  ['getControllerConfig', ...controller],
  ['updateControllerConfig', ...controller, '-k', 'some', '-v', '1'],
  ['electMaster', ...controller, '-b', '1', '-bn', 'broker-a', ...cluster],
  ['cleanBrokerMetadata', ...controller, '-bn', 'broker-a', ...cluster],
  ['dumpCompactionLog', '-f', '<folder>/none'],
  ['getColdDataFlowCtrInfo', ...broker],
  ['updateColdDataFlowCtrGroupConfig', ...broker, '-g', 'FixedGroup', '-v', '1024'],
  ['removeColdDataFlowCtrGroupConfig', ...broker, '-g', 'FixedGroup'],
  ['setCommitLogReadAheadMode', ...broker, '-m', '0'],
  ['createUser', ...broker, ...user, '-p', 'secret'],
  ['updateUser', ...broker, ...user, '-p', 'other'],
  ['getUser', ...broker, ...user],
  ['listUser', ...broker],
  ['copyUser', '-f', '<broker>', '-t', '<broker>', ...user],
  ['createAcl', ...broker, ...rule],
  ['updateAcl', ...broker, ...rule],
  ['getAcl', ...broker, ...subject],
  ['listAcl', ...broker],
  ['copyAcl', '-f', '<broker>', '-t', '<broker>', ...subject],
  ['deleteAcl', ...broker, ...subject],
  ['deleteUser', ...broker, ...user],
  ['rocksDBConfigToJson', ...broker, '-t', 'topics'],
  ['checkRocksdbCqWriteProgress', ...cluster, '-t', 'FixedTopic'],
  ['updateStaticTopic', '-b', 'broker-a', '-t', 'StaticTopic', '-qn', '2'],
  ['remappingStaticTopic', '-b', 'broker-a', '-t', 'StaticTopic'],
].map((argv) => ({ argv }));

/** Commands that never end by themselves, and the line after which each is stopped. */
export const endless: readonly (Step & { until: RegExp; limitMs: number })[] = [
  {
    argv: ['clusterRT', '-a', '3', '-i', '600'],
    until: /^DefaultCluster .*\n/m,
    limitMs: 6_000,
    form: tableShape,
  },
  {
    argv: ['startMonitoring'],
    until: /endRound/,
    limitMs: 1_000,
    differs: "Java's says nothing in its first minute, ours begins with a round",
  },
];

/** Commands that only ours has, and the test that holds each on ours. */
export const oursAlone: readonly (Step & { heldBy: string; onJava?: string })[] = [
  {
    argv: ['whereIs', '-i', '<uniqueId>', '-t', 'FixedTopic'],
    heldBy: 'test/integration/where-is.test.ts',
  },
  {
    argv: ['verifyStore', ...broker],
    heldBy: 'test/integration/verify-store.test.ts',
    isEmpty: true,
  },
  {
    argv: ['drain', '-b', 'broker-a', '--timeout', '1'],
    heldBy: 'test/integration/drain.test.ts',
    onJava: 'works; says that this broker cannot refuse sends, so that they end with the routes',
  },
  {
    argv: ['drain', '-b', 'broker-a', '--undo'],
    heldBy: 'test/integration/drain.test.ts',
    isEmpty: true,
  },
];

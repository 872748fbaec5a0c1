/** A data plane in a temporary folder with one topic and one group. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  BrokerPolicy,
  DataPlaneOptions,
  GroupPolicy,
  PolicyDelta,
  TopicPolicy,
} from '../../src/dataplane/data-plane.ts';

export const TOPIC = 'Orders';
export const GROUP = 'Readers';

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'turbopump-plane-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function options(folder: string): DataPlaneOptions {
  return {
    storePathRootDir: folder,
    storePathCommitLog: join(folder, 'commitlog'),
    segmentBytes: 1 << 20,
    queueFileBytes: 20_000,
    indexEnabled: true,
    indexSlots: 500,
    indexEntries: 2000,
    flushMode: 'ASYNC_FLUSH',
    flushIntervalMs: 500,
    delayLevelsMs: [1000, 5000],
    deleteWhenHours: [4],
    fileReservedHours: 72,
    diskMaxUsedRatioPercent: 75,
    bindAddress: '127.0.0.1',
    listenPort: 0,
    fastListenPort: 0,
    storeHost: '127.0.0.1',
    eventLoops: 2,
    maxFrameBytes: 16_777_216,
    maxMessageBytes: 65_536,
    maxConnections: 100,
    idleConnectionMs: 120_000,
    upwardQueueCapacity: 1000,
    replication: {
      role: 'ASYNC_MASTER',
      haListenPort: null,
      haMasterAddress: null,
      slaveTimeoutMs: 3000,
      inSyncReplicas: 1,
      minInSyncReplicas: 1,
      enableAutoInSyncReplicas: false,
      allAckInSyncStateSet: false,
      haMaxGapNotInSync: 256 << 20,
      haSendHeartbeatInterval: 5000,
      haHousekeepingInterval: 20_000,
      haTransferBatchSize: 32_768,
      maxHaTransferByteInSecond: null,
      slaveAckAfterFlush: false,
      brokerId: 0,
      security: { secretFile: null, tls: null, plainPeers: [] },
    },
  };
}

export const BROKER: BrokerPolicy = {
  clusterName: 'DefaultCluster',
  brokerName: 'broker-a',
  brokerId: 0,
  role: 'ASYNC_MASTER',
  brokerPermission: 6,
  regionId: 'DefaultRegion',
  traceOn: true,
  slaveReadEnable: false,
  longPollingEnable: true,
  shortPollingTimeMs: 1000,
  maxTransferBytesInMemory: 262_144,
  maxTransferCountInMemory: 32,
  autoCreateSubscriptionGroup: true,
  delayLevelsMs: [1000, 5000],
  rejectSends: null,
};

export function topic(name: string): TopicPolicy {
  return { name, perm: 6, readQueues: 1, writeQueues: 1, topicSysFlag: 0, order: false };
}

const group: GroupPolicy = {
  name: GROUP,
  consumeEnable: true,
  consumeFromMinEnable: true,
  consumeBroadcastEnable: true,
  retryQueues: 1,
  retryMaxTimes: 16,
  brokerId: 0,
  whichBrokerWhenConsumeSlowly: 1,
  groupSysFlag: 0,
  forbiddenTopics: [],
};

export function delta(change: Partial<PolicyDelta> = {}): PolicyDelta {
  return {
    broker: null,
    topics: [],
    removedTopics: [],
    groups: [],
    removedGroups: [],
    liveGroups: [],
    removedLiveGroups: [],
    ...change,
  };
}

export const WORLD = delta({ broker: BROKER, topics: [topic(TOPIC)], groups: [group] });

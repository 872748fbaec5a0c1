/**
 * The law of the native seam (docs/boundary.md): everything TypeScript may ask of, tell to and
 * hear from the Rust data plane of a broker.
 *
 * Invariants: no message body crosses; policy goes down as versioned deltas that Rust turns into
 * immutable snapshots; facts and cold requests come up in batches; every offset is an integer
 * of at most 2^53 - 1. All properties are always present, `null` for absent.
 * `native.ts` implements it over the addon, `fake.ts` in memory for tests of the control plane.
 */

/** Identity of one accepted connection, unique for the life of the data plane. */
export type ConnectionId = number & { readonly __brand: 'ConnectionId' };

export type FlushMode = 'ASYNC_FLUSH' | 'SYNC_FLUSH';

/** What is fixed for the life of the process. Sizes in bytes, times in milliseconds. */
export interface DataPlaneOptions {
  storePathRootDir: string;
  storePathCommitLog: string;
  segmentBytes: number;
  queueFileBytes: number;
  indexEnabled: boolean;
  indexSlots: number;
  indexEntries: number;
  flushMode: FlushMode;
  /** ASYNC_FLUSH: the hard window within which written bytes are on disk. */
  flushIntervalMs: number;
  /**
   * Delay of each level as `BrokerPolicy.delayLevelsMs`: recovery needs it before policy is
   * published, to rebuild when a delayed message is due.
   */
  delayLevelsMs: number[];
  /** Hours of the day at which expired files are deleted, from `deleteWhen`. */
  deleteWhenHours: number[];
  fileReservedHours: number;
  diskMaxUsedRatioPercent: number;
  bindAddress: string;
  listenPort: number;
  /** `listenPort - 2`, without pull; null when the broker runs without it. */
  fastListenPort: number | null;
  /** Address written into records as store host, `brokerIP1`. */
  storeHost: string;
  eventLoops: number;
  maxFrameBytes: number;
  maxMessageBytes: number;
  maxConnections: number;
  idleConnectionMs: number;
  upwardQueueCapacity: number;
}

/** What was found, cut and rebuilt when the store was opened. */
export interface RecoveryReport {
  cleanShutdown: boolean;
  minPhysicalOffset: number;
  maxPhysicalOffset: number;
  scannedBytes: number;
  cutBytes: number;
  dispatchedRecords: number;
  elapsedMs: number;
}

export interface TopicPolicy {
  name: string;
  /** Bit set: 4 read, 2 write, 1 inherit. */
  perm: number;
  readQueues: number;
  writeQueues: number;
  topicSysFlag: number;
  order: boolean;
}

export interface GroupPolicy {
  name: string;
  consumeEnable: boolean;
  consumeFromMinEnable: boolean;
  consumeBroadcastEnable: boolean;
  retryQueues: number;
  retryMaxTimes: number;
  brokerId: number;
  whichBrokerWhenConsumeSlowly: number;
  groupSysFlag: number;
}

/** One topic's subscription of a group as its last heartbeat gave it. */
export interface SubscriptionPolicy {
  topic: string;
  /** `TAG` or `SQL92`. */
  expressionType: string;
  subString: string;
  /** Java hash codes of the tags; empty means every tag. */
  tagCodes: number[];
  subVersion: number;
}

/** A consumer group that has live members on this broker. */
export interface LiveGroupPolicy {
  name: string;
  broadcasting: boolean;
  subscriptions: SubscriptionPolicy[];
  /** True while 41 holds any live queue lock for the group: send-back then goes to the DLQ. */
  holdsQueueLocks: boolean;
}

export interface BrokerPolicy {
  clusterName: string;
  brokerName: string;
  brokerId: number;
  role: 'ASYNC_MASTER' | 'SYNC_MASTER' | 'SLAVE';
  /** Bit set of `brokerPermission`: 4 read, 2 write. */
  brokerPermission: number;
  regionId: string;
  traceOn: boolean;
  slaveReadEnable: boolean;
  longPollingEnable: boolean;
  shortPollingTimeMs: number;
  maxTransferBytesInMemory: number;
  maxTransferCountInMemory: number;
  autoCreateSubscriptionGroup: boolean;
  /** Delay of each level, level 1 first, from `messageDelayLevel`. */
  delayLevelsMs: number[];
  /** Refuses sends from now on (drain, shutdown); reads go on. */
  rejectSends: string | null;
}

/** A change of policy; lists hold what changed, everything unnamed stays as it is. */
export interface PolicyDelta {
  broker: BrokerPolicy | null;
  topics: TopicPolicy[];
  removedTopics: string[];
  groups: GroupPolicy[];
  removedGroups: string[];
  liveGroups: LiveGroupPolicy[];
  removedLiveGroups: string[];
}

/** Rust met a name that policy does not know and has parked the requests that use it. */
export interface WantedName {
  kind: 'topic' | 'group';
  name: string;
  /** For a topic: the client's default topic (`TBW102`) and queue count, else null. */
  defaultTopic: string | null;
  defaultTopicQueueNums: number | null;
  /** For a topic: `%RETRY%`/`%DLQ%` asked for by the broker itself, not by a client. */
  internal: boolean;
  topicSysFlag: number;
  connection: ConnectionId | null;
  remoteAddress: string | null;
}

/** Answer to a {@link WantedName} that is not granted. */
export interface Denial {
  code: number;
  remark: string;
}

/** One batch of what happened since the last one, in order per connection. */
export interface UpBatch {
  opened: { connection: ConnectionId; remoteAddress: string; fastPort: boolean }[];
  /** Whole frames after the 4 length bytes: requests that are not hot, and responses. */
  frames: { connection: ConnectionId; frame: Uint8Array }[];
  closed: ConnectionId[];
  wanted: WantedName[];
  /** Set once when the store stopped taking writes, with the reason. */
  poisoned: string | null;
}

export interface QueueBounds {
  queueId: number;
  minOffset: number;
  maxOffset: number;
  /** Store time of the newest message, 0 for an empty queue. */
  lastUpdateTimestamp: number;
}

export interface ConsumerOffset {
  group: string;
  topic: string;
  queueId: number;
  offset: number;
}

/** Offsets with the version that changes whenever one of them does. */
export interface ConsumerOffsets {
  version: number;
  offsets: ConsumerOffset[];
}

export interface DelayProgress {
  level: number;
  offset: number;
}

/** Monotonic totals since start; rates are the reader's business. */
export interface Counters {
  topics: { topic: string; putMessages: number; putBytes: number }[];
  groups: { group: string; topic: string; getMessages: number; getBytes: number }[];
  sendBackMessages: number;
  connections: number;
  heldPulls: number;
  upwardQueueDepth: number;
}

export interface LogStatus {
  minPhysicalOffset: number;
  maxPhysicalOffset: number;
  flushedPhysicalOffset: number;
  readablePhysicalOffset: number;
  dispatchBehindBytes: number;
  earliestMessageTimestamp: number;
  diskUsedRatio: number;
  queueDiskUsedRatio: number;
  poisoned: string | null;
}

export interface ListenPorts {
  listenPort: number;
  fastListenPort: number | null;
}

export interface DataPlane {
  readonly recovery: RecoveryReport;
  /** Binds the listeners and starts the loops; `onBatch` is called once per batch, never nested. */
  listen(onBatch: (batch: UpBatch) => void): Promise<ListenPorts>;
  /** Applies the delta; the next turn of every loop sees it. Returns the snapshot's version. */
  publish(delta: PolicyDelta): number;
  /** Releases what is parked for the name: granted (published before) or denied. */
  resolveWanted(kind: 'topic' | 'group', name: string, denial: Denial | null): void;
  /** Queues whole frames (length bytes included); dropped when the connection is gone. */
  send(connection: ConnectionId, frame: Uint8Array): void;
  closeConnection(connection: ConnectionId): void;
  queueBounds(topic: string): QueueBounds[];
  consumerOffsets(): ConsumerOffsets;
  /** Loads or resets; the only way an offset moves back. */
  setConsumerOffsets(offsets: ConsumerOffset[]): void;
  eraseGroupOffsets(group: string): void;
  delayProgress(): DelayProgress[];
  setDelayProgress(progress: DelayProgress[]): void;
  /** Offset of the first message at or after the time, as SEARCH_OFFSET_BY_TIMESTAMP. */
  searchOffset(topic: string, queueId: number, timestampMs: number): number;
  /** Removes queues, offsets and holds of the topic; held pulls are answered. */
  deleteTopic(topic: string): Promise<void>;
  counters(): Counters;
  logStatus(): LogStatus;
  /** Stops taking requests, flushes, writes the checkpoint; idempotent. */
  close(): Promise<void>;
}

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
  replication: ReplicationOptions;
}

export type BrokerRole = 'ASYNC_MASTER' | 'SYNC_MASTER' | 'SLAVE';

/** Replication of the log to slaves, or from a master; the names are those of RocketMQ's keys. */
export interface ReplicationOptions {
  role: BrokerRole;
  /** Port that slaves connect to; 0 takes a free one, null opens none. */
  haListenPort: number | null;
  /** `host:port` of the master's HA port; a slave without one waits for `setMasterAddress`. */
  haMasterAddress: string | null;
  /** SYNC_MASTER: a send not acknowledged for so long is answered FLUSH_SLAVE_TIMEOUT. */
  slaveTimeoutMs: number;
  /** SYNC_MASTER: copies of a message, the master's included; less than 2 means 2. */
  inSyncReplicas: number;
  /** SYNC_MASTER: sends are refused while fewer copies than this, master included, can be had. */
  minInSyncReplicas: number;
  /**
   * SYNC_MASTER: only as many copies are asked for as the master and its slaves in sync can hold,
   * and at least `minInSyncReplicas`. At a minimum of 1 a master without a slave answers OK alone.
   */
  enableAutoInSyncReplicas: boolean;
  /** SYNC_MASTER: every slave in sync must acknowledge, not only `inSyncReplicas - 1`. */
  allAckInSyncStateSet: boolean;
  /** A slave more bytes behind than this is not in sync. */
  haMaxGapNotInSync: number;
  /** Milliseconds between heartbeats of an idle connection, both ways. */
  haSendHeartbeatInterval: number;
  /** Milliseconds of silence after which either side closes. */
  haHousekeepingInterval: number;
  /** Most bytes of log in one frame. */
  haTransferBatchSize: number;
  /** Most bytes to each slave in a second (Java FlowMonitor); null for no limit. */
  maxHaTransferByteInSecond: number | null;
  /** Slave: acknowledge only what is on its disk. Ours; Java acknowledges what is appended. */
  slaveAckAfterFlush: boolean;
  /** By which slaves that prove to have the secret are told apart. */
  brokerId: number;
  security: ReplicationSecurity;
}

/** What is asked of the other end of an HA connection; nothing in RocketMQ, and by default. */
export interface ReplicationSecurity {
  /** File of a secret that each end must prove to have. */
  secretFile: string | null;
  tls: TlsFiles | null;
  /** IP addresses of which nothing is asked: Java's slaves and masters know neither. */
  plainPeers: 'all' | string[];
}

/** PEM files of one end of an HA connection. */
export interface TlsFiles {
  certificateFile: string;
  keyFile: string;
  /** Authorities that have signed the certificates of the other ends. */
  caFile: string;
  /** Name in the master's certificate; null when it is the host in its address. */
  serverName: string | null;
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
  /** Topics that the group may not pull. */
  forbiddenTopics: string[];
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
  role: BrokerRole;
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
  /** Files of the store that could not be read, with the reason; at most 16 of a batch. */
  readFailures: string[];
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

/** What one group got from one topic. */
export interface GroupCount {
  group: string;
  topic: string;
  getMessages: number;
  getBytes: number;
  /** Pulls that got any. */
  getTimes: number;
  /** Messages sent back, by the topic they first had. */
  sendBackMessages: number;
}

/** A message by its place in a queue. */
export interface StoredMessage {
  topic: string;
  queueId: number;
  offset: number;
}

/** One unit of a consume queue. */
export interface QueueUnit {
  physicalOffset: number;
  sizeBytes: number;
  /** Java hash of the tags; of a delayed message the time when it is due, in milliseconds. */
  tagsCode: number;
}

export interface QueueUnits {
  minOffset: number;
  maxOffset: number;
  units: QueueUnit[];
}

/** Monotonic totals since start; rates are the reader's business. */
export interface Counters {
  topics: { topic: string; putMessages: number; putBytes: number }[];
  groups: GroupCount[];
  sendBackMessages: number;
  /** Sends that the store did not take. */
  failedPuts: number;
  /** Looks into a queue that found a message for the pull, and those that found none. */
  foundPulls: number;
  missedPulls: number;
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
  haListenPort: number | null;
}

/** A slave as its master sees it. */
export interface ConnectedSlave {
  /** `host:port` of its end of the connection. */
  address: string;
  /** Its `brokerId`, when it has proved to have the secret. */
  brokerId: number | null;
  /** End of what it says it has; 0 before its first acknowledgement. */
  ackOffset: number;
  /** Bytes of the master's log behind that. */
  lagBytes: number;
  transferredBytesPerSecond: number;
  /** Within `haMaxGapNotInSync`, and not silent with bytes to acknowledge. */
  inSync: boolean;
}

/** A master as its slave sees it. */
export interface MasterLink {
  /** `host:port` that is connected to, null while none is known. */
  address: string | null;
  connected: boolean;
  /** End of the master's log as far as its frames told; 0 before the first one. */
  masterMaxOffset: number;
  /** End of this log. */
  maxOffset: number;
  /** Milliseconds since 1970 of the last byte from the master, 0 before the first. */
  lastReadTimestamp: number;
  transferredBytesPerSecond: number;
  /** Why this slave takes nothing from its master, until it does again. */
  refusal: string | null;
}

/** A peer that was sent away from the HA port, with all others of its address and fault. */
export interface RefusedPeer {
  address: string;
  reason: string;
  count: number;
}

export interface ReplicationStatus {
  role: BrokerRole;
  /** Connected slaves that have said where they are; empty for a slave. */
  slaves: ConnectedSlave[];
  /** The last few different ones. */
  refusedPeers: RefusedPeer[];
  /** Null for a master. */
  master: MasterLink | null;
}

/** Something that `verifyStore` found not to be as the log says. */
export interface StoreFinding {
  part: 'log' | 'queue' | 'index' | 'checkpoint';
  /** Path of the file, or of the folder that should have it. */
  file: string;
  /** Byte within the file. */
  position: number;
  what: string;
  /** Messages it touches, `topic/queue/offset`, at most 16. */
  touched: string[];
}

/** What a check of the store saw and found. */
export interface StoreCheck {
  scannedBytes: number;
  records: number;
  queues: number;
  queueEntries: number;
  indexEntries: number;
  /** Records of topics that are not known any more. */
  deletedRecords: number;
  findingCount: number;
  /** The first 1,000. */
  findings: StoreFinding[];
  /** Queues that a repair rebuilds. */
  damagedQueues: number;
  indexDamaged: boolean;
  /** Then nothing can be rebuilt. */
  logDamaged: boolean;
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
  /** Those of one group, without the cost of all the others. */
  groupOffsets(group: string): ConsumerOffset[];
  /** Groups that have an offset of the topic, in no order, without the cost of all the others. */
  topicGroups(topic: string): string[];
  /** Loads; consumers that run are not told. */
  setConsumerOffsets(offsets: ConsumerOffset[]): void;
  /** Moves forward only, as commits do: one made since the offsets were read is not undone. */
  advanceConsumerOffsets(offsets: ConsumerOffset[]): void;
  /**
   * Moves groups forward or back, and each running consumer with its next pull (OFFSET_RESET);
   * until it is there, at most 30 s, its commits count for nothing.
   */
  resetConsumerOffsets(offsets: ConsumerOffset[]): void;
  eraseGroupOffsets(group: string): void;
  delayProgress(): DelayProgress[];
  setDelayProgress(progress: DelayProgress[]): void;
  /** Offset of the first message at or after the time, as SEARCH_OFFSET_BY_TIMESTAMP. */
  searchOffset(topic: string, queueId: number, timestampMs: number): number;
  /** When each message was stored, 0 for one that its queue does not have. */
  storeTimestamps(asked: StoredMessage[]): number[];
  /** At most `count`, and at most 4,096, units from `fromOffset` on; null without such a queue. */
  queueUnits(topic: string, queueId: number, fromOffset: number, count: number): QueueUnits | null;
  /**
   * Sends a frame without a body, with the record at the position as its body. False when the log
   * has no record there, and then nothing is sent; a connection that is gone gets nothing either.
   */
  forwardRecord(connection: ConnectionId, frame: Uint8Array, physicalOffset: number): boolean;
  /** Topics that have queues in the store, whether policy knows them or not. */
  storedTopics(): string[];
  /**
   * Removes now what retention would: segments older than `fileReservedTime`, or queue and index
   * files that name nothing of the log any more.
   */
  removeExpired(what: 'log' | 'queues'): Promise<void>;
  /**
   * Checks log, queues, index and checkpoint up to where the log is now, reading no more of it a
   * second; what of it can be found: `store/src/verify`. Queues of other topics than these may be
   * missing. One check at a time; it ends with an error when the data plane closes.
   */
  verifyStore(knownTopics: string[], bytesPerSecond: number): Promise<StoreCheck>;
  /** Log position that the running check has reached, null when none runs. */
  verifyPosition(): number | null;
  /**
   * Has the next opening of the store check it and rebuild damaged queues and the index from the
   * log. Durable when it returns.
   */
  askForRepair(knownTopics: string[]): void;
  /** Removes queues, offsets and holds of the topic; held pulls are answered. */
  deleteTopic(topic: string): Promise<void>;
  counters(): Counters;
  logStatus(): LogStatus;
  /**
   * Slave: where the master's HA port is from now on; null ends the connection and waits.
   * A master keeps it for nothing.
   */
  setMasterAddress(address: string | null): void;
  replicationStatus(): ReplicationStatus;
  /** Stops taking requests, flushes, writes the checkpoint; idempotent. */
  close(): Promise<void>;
}

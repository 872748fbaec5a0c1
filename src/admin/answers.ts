/** What the admin client's questions are answered with; plain values, no wire forms. */
import type { SubscriptionGroupConfig } from '../model/subscription-group.ts';

/** JSON as it came, for answers that are shown whole. */
export type PlainJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainJson[]
  | { readonly [name: string]: PlainJson };

export interface BrokerSet {
  cluster: string;
  name: string;
  /** Broker id → address; id 0 is the master. */
  addresses: Map<number, string>;
}

export interface ClusterInfo {
  brokers: Map<string, BrokerSet>;
  /** Cluster name → broker names. */
  clusters: Map<string, string[]>;
}

export interface RouteQueues {
  brokerName: string;
  perm: number;
  readQueueNums: number;
  writeQueueNums: number;
  topicSysFlag: number;
}

export interface TopicRoute {
  brokers: BrokerSet[];
  queues: RouteQueues[];
  /** The route as the name server answered it, for printing whole. */
  raw: PlainJson;
}

export interface MessageQueue {
  topic: string;
  brokerName: string;
  queueId: number;
}

export interface QueueRange extends MessageQueue {
  minOffset: number;
  maxOffset: number;
  lastUpdateTimestamp: number;
}

export interface TopicStats {
  queues: QueueRange[];
  putTps: number;
}

export interface QueueProgress extends MessageQueue {
  brokerOffset: number;
  consumerOffset: number;
  pullOffset: number;
  lastTimestamp: number;
}

export interface ConsumeStats {
  queues: QueueProgress[];
  consumeTps: number;
}

export interface ClientConnection {
  clientId: string;
  address: string;
  language: string;
  version: number;
}

export interface ConsumerConnections {
  connections: ClientConnection[];
  /** Topics with the members' expressions. */
  subscriptions: { topic: string; expression: string }[];
  consumeFromWhere: string;
  consumeType: string;
  messageModel: string;
}

export interface TopicSettings {
  topicName: string;
  readQueueNums: number;
  writeQueueNums: number;
  perm: number;
  topicSysFlag: number;
  order: boolean;
  attributes: Map<string, string>;
}

export interface GroupSettings extends SubscriptionGroupConfig {
  /** Java GroupRetryPolicy as JSON; null is the broker's default. */
  readonly groupRetryPolicy: PlainJson;
}

/** Progress of every group of one broker. */
export interface BrokerConsumeStats {
  groups: { group: string; queues: QueueProgress[] }[];
  totalDiff: number;
}

/** One queue's offsets before and after a reset without members. */
export interface OffsetReset {
  brokerName: string;
  queueId: number;
  brokerOffset: number;
  consumerOffset: number;
  /** Where the time asked for lies. */
  timestampOffset: number;
  /** Where the group is now. */
  resetOffset: number;
}

export interface StatsSpan {
  /** Messages or bytes, as the counter's name says. */
  sum: number;
  /** Per second. */
  tps: number;
  avgpt: number;
}

export interface BrokerStats {
  minute: StatsSpan;
  hour: StatsSpan;
  day: StatsSpan;
}

export interface QueueContents {
  minIndex: number;
  maxIndex: number;
  subscription: PlainJson;
  filter: string | null;
  entries: {
    physicOffset: number;
    /** Bytes. */
    physicSize: number;
    /** Java `long`; past 2^53 it is no longer exact as a number. */
    tagsCode: number | bigint;
    extendDataJson: string | null;
    bitMap: string | null;
    eval: boolean;
    msg: string | null;
  }[];
}

export interface HaStatus {
  isMaster: boolean;
  masterCommitLogMaxOffset: number;
  inSyncSlaves: number;
  slaves: {
    address: string;
    ackOffset: number;
    diff: number;
    isInSync: boolean;
    transferredBytesPerSecond: number;
    transferFromWhere: number;
  }[];
  /** What a slave tells of its own side, null for a master. */
  client: {
    masterAddress: string;
    transferredBytesPerSecond: number;
    maxOffset: number;
    /** Milliseconds. */
    lastReadTimestamp: number;
    lastWriteTimestamp: number;
    masterFlushOffset: number;
  } | null;
}

export interface ProducerInstance {
  clientId: string;
  remoteIp: string;
  language: string;
  version: number;
  /** Milliseconds. */
  lastUpdateTimestamp: number;
}

/** What a consumer tells about itself; member names are Java's. */
export interface ConsumerRunningInfo {
  properties: Map<string, string>;
  subscriptions: { topic: string; expression: string; classFilterMode: boolean }[];
  queues: (MessageQueue & { state: { readonly [name: string]: PlainJson } })[];
  popQueues: (MessageQueue & { state: { readonly [name: string]: PlainJson } })[];
  rates: { topic: string; values: { readonly [name: string]: PlainJson } }[];
  userInfo: Map<string, string>;
  jstack: string | null;
}

export interface DirectConsumption {
  order: boolean;
  autoCommit: boolean;
  consumeResult: string;
  remark: string | null;
  spentMs: number;
}

export type SendStatus =
  | 'SEND_OK'
  | 'FLUSH_DISK_TIMEOUT'
  | 'FLUSH_SLAVE_TIMEOUT'
  | 'SLAVE_NOT_AVAILABLE';

export interface SendAnswer {
  status: SendStatus;
  queue: MessageQueue;
  /** The client's unique id. */
  messageId: string;
  /** Where the broker stored it; empty when it did not say. */
  offsetMessageId: string;
  queueOffset: number;
}

export type PullStatus = 'FOUND' | 'NO_NEW_MSG' | 'NO_MATCHED_MSG' | 'OFFSET_ILLEGAL';

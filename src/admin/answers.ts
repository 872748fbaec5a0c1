/** What the admin client's questions are answered with; plain values, no wire forms. */

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
}

export interface TopicRoute {
  brokers: BrokerSet[];
  queues: RouteQueues[];
  /** The route as the name server answered it, for printing whole. */
  raw: unknown;
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
}

export type PullStatus = 'FOUND' | 'NO_NEW_MSG' | 'NO_MATCHED_MSG' | 'OFFSET_ILLEGAL';

/** Queues in the order RocketMQ prints them: topic, broker, queue. */
export function compareQueues(left: MessageQueue, right: MessageQueue): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  if (left.brokerName !== right.brokerName) return left.brokerName < right.brokerName ? -1 : 1;
  return left.queueId - right.queueId;
}

/** Where a topic lives (Java `TopicRouteData`, `QueueData`). */
import type { BrokerData } from './broker-identity.ts';

export interface QueueData {
  readonly brokerName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  readonly perm: number;
  readonly topicSysFlag: number;
}

export interface TopicRoute {
  readonly orderTopicConf: string | null;
  readonly queueDatas: readonly QueueData[];
  readonly brokerDatas: readonly BrokerData[];
  /** Filter servers by broker address; RocketMQ keeps the field for old clients. */
  readonly filterServerTable: ReadonlyMap<string, readonly string[]>;
}

export function sameQueueData(left: QueueData, right: QueueData): boolean {
  return (
    left.brokerName === right.brokerName &&
    left.readQueueNums === right.readQueueNums &&
    left.writeQueueNums === right.writeQueueNums &&
    left.perm === right.perm &&
    left.topicSysFlag === right.topicSysFlag
  );
}

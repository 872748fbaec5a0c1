/** What consumers tell brokers in heartbeats (Java `SubscriptionData`, `ConsumerData`). */
export type ConsumeType = 'CONSUME_ACTIVELY' | 'CONSUME_PASSIVELY' | 'CONSUME_POP';
export type MessageModel = 'BROADCASTING' | 'CLUSTERING';
export type ConsumeFromWhere =
  | 'CONSUME_FROM_LAST_OFFSET'
  | 'CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST'
  | 'CONSUME_FROM_MIN_OFFSET'
  | 'CONSUME_FROM_MAX_OFFSET'
  | 'CONSUME_FROM_FIRST_OFFSET'
  | 'CONSUME_FROM_TIMESTAMP';

export interface Subscription {
  readonly topic: string;
  /** `*`, `TagA || TagB` or an SQL92 expression. */
  readonly subString: string;
  readonly tagsSet: readonly string[];
  /** Java hash codes of the tags. */
  readonly codeSet: readonly number[];
  readonly subVersion: number;
  /** `TAG` or `SQL92`. */
  readonly expressionType: string;
  readonly classFilterMode: boolean;
}

export interface ConsumerData {
  readonly groupName: string;
  readonly consumeType: ConsumeType;
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: ConsumeFromWhere;
  readonly subscriptionDataSet: readonly Subscription[];
  readonly unitMode: boolean;
}

export interface Heartbeat {
  readonly clientID: string;
  readonly producerGroups: readonly string[];
  readonly consumerDataSet: readonly ConsumerData[];
  readonly heartbeatFingerprint: number;
  readonly withoutSub: boolean;
}

/** A consumer group's settings on a broker (Java `SubscriptionGroupConfig`). */
export interface SubscriptionGroupConfig {
  readonly groupName: string;
  readonly consumeEnable: boolean;
  readonly consumeFromMinEnable: boolean;
  readonly consumeBroadcastEnable: boolean;
  readonly consumeMessageOrderly: boolean;
  readonly retryQueueNums: number;
  readonly retryMaxTimes: number;
  readonly brokerId: number;
  readonly whichBrokerWhenConsumeSlowly: number;
  readonly notifyConsumerIdsChangedEnable: boolean;
  readonly groupSysFlag: number;
  /** Minutes. */
  readonly consumeTimeoutMinute: number;
  readonly attributes: ReadonlyMap<string, string>;
}

/** A group with Java's defaults for what is not given. */
export function subscriptionGroup(
  groupName: string,
  parts: Partial<SubscriptionGroupConfig> = {},
): SubscriptionGroupConfig {
  return {
    groupName,
    consumeEnable: parts.consumeEnable ?? true,
    consumeFromMinEnable: parts.consumeFromMinEnable ?? true,
    consumeBroadcastEnable: parts.consumeBroadcastEnable ?? true,
    consumeMessageOrderly: parts.consumeMessageOrderly ?? false,
    retryQueueNums: parts.retryQueueNums ?? 1,
    retryMaxTimes: parts.retryMaxTimes ?? 16,
    brokerId: parts.brokerId ?? 0,
    whichBrokerWhenConsumeSlowly: parts.whichBrokerWhenConsumeSlowly ?? 1,
    notifyConsumerIdsChangedEnable: parts.notifyConsumerIdsChangedEnable ?? true,
    groupSysFlag: parts.groupSysFlag ?? 0,
    consumeTimeoutMinute: parts.consumeTimeoutMinute ?? 15,
    attributes: parts.attributes ?? new Map(),
  };
}

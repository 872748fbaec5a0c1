/** The JSON form of a group's settings, in files and in answers (Java SubscriptionGroupConfig). */
import { type SubscriptionGroupConfig, subscriptionGroup } from '../../model/subscription-group.ts';
import {
  booleanMember,
  integerMember,
  type JsonObject,
  textMapMember,
  textMember,
} from '../../remoting/fastjson.ts';

export function groupConfigJson(group: SubscriptionGroupConfig) {
  return {
    attributes: group.attributes,
    brokerId: group.brokerId,
    consumeBroadcastEnable: group.consumeBroadcastEnable,
    consumeEnable: group.consumeEnable,
    consumeFromMinEnable: group.consumeFromMinEnable,
    consumeMessageOrderly: group.consumeMessageOrderly,
    consumeTimeoutMinute: group.consumeTimeoutMinute,
    groupName: group.groupName,
    groupRetryPolicy: { type: 'CUSTOMIZED' },
    groupSysFlag: group.groupSysFlag,
    notifyConsumerIdsChangedEnable: group.notifyConsumerIdsChangedEnable,
    retryMaxTimes: group.retryMaxTimes,
    retryQueueNums: group.retryQueueNums,
    whichBrokerWhenConsumeSlowly: group.whichBrokerWhenConsumeSlowly,
  };
}

export function groupConfigFrom(json: JsonObject, name = ''): SubscriptionGroupConfig {
  const defaults = subscriptionGroup(textMember(json, 'groupName') ?? name);
  return {
    ...defaults,
    consumeEnable: booleanMember(json, 'consumeEnable') ?? defaults.consumeEnable,
    consumeFromMinEnable:
      booleanMember(json, 'consumeFromMinEnable') ?? defaults.consumeFromMinEnable,
    consumeBroadcastEnable:
      booleanMember(json, 'consumeBroadcastEnable') ?? defaults.consumeBroadcastEnable,
    consumeMessageOrderly:
      booleanMember(json, 'consumeMessageOrderly') ?? defaults.consumeMessageOrderly,
    retryQueueNums: integerMember(json, 'retryQueueNums') ?? defaults.retryQueueNums,
    retryMaxTimes: integerMember(json, 'retryMaxTimes') ?? defaults.retryMaxTimes,
    brokerId: integerMember(json, 'brokerId') ?? defaults.brokerId,
    whichBrokerWhenConsumeSlowly:
      integerMember(json, 'whichBrokerWhenConsumeSlowly') ?? defaults.whichBrokerWhenConsumeSlowly,
    notifyConsumerIdsChangedEnable:
      booleanMember(json, 'notifyConsumerIdsChangedEnable') ??
      defaults.notifyConsumerIdsChangedEnable,
    groupSysFlag: integerMember(json, 'groupSysFlag') ?? defaults.groupSysFlag,
    consumeTimeoutMinute:
      integerMember(json, 'consumeTimeoutMinute') ?? defaults.consumeTimeoutMinute,
    attributes: textMapMember(json, 'attributes') ?? defaults.attributes,
  };
}

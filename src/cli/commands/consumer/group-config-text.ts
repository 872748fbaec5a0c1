/** A group's settings as Java's `SubscriptionGroupConfig` shows them, whole or by field. */
import type { GroupSettings, PlainJson } from '../../../admin/answers.ts';
import { javaMap } from '../../output.ts';

/** Name and text of each field in Java's order. */
export function groupConfigFields(group: GroupSettings): [string, string][] {
  return [
    ['groupName', group.groupName],
    ['consumeEnable', String(group.consumeEnable)],
    ['consumeFromMinEnable', String(group.consumeFromMinEnable)],
    ['consumeBroadcastEnable', String(group.consumeBroadcastEnable)],
    ['consumeMessageOrderly', String(group.consumeMessageOrderly)],
    ['retryQueueNums', String(group.retryQueueNums)],
    ['retryMaxTimes', String(group.retryMaxTimes)],
    ['groupRetryPolicy', retryPolicyText(group.groupRetryPolicy)],
    ['brokerId', String(group.brokerId)],
    ['whichBrokerWhenConsumeSlowly', String(group.whichBrokerWhenConsumeSlowly)],
    ['notifyConsumerIdsChangedEnable', String(group.notifyConsumerIdsChangedEnable)],
    ['groupSysFlag', String(group.groupSysFlag)],
    ['consumeTimeoutMinute', String(group.consumeTimeoutMinute)],
    ['subscriptionDataSet', 'null'],
    ['attributes', javaMap(group.attributes)],
  ];
}

export function groupConfigText(group: GroupSettings): string {
  const fields = groupConfigFields(group).map(([name, text]) => `${name}=${text}`);
  return `SubscriptionGroupConfig{${fields.join(', ')}}`;
}

function retryPolicyText(policy: PlainJson): string {
  const members = isObject(policy) ? policy : {};
  const type = members['type'] ?? 'CUSTOMIZED';
  const exponential = members['exponentialRetryPolicy'];
  const customized = members['customizedRetryPolicy'];
  const exponentialText = isObject(exponential)
    ? `ExponentialRetryPolicy{initial=${exponential['initial']}, max=${exponential['max']}, ` +
      `multiplier=${exponential['multiplier']}}`
    : 'null';
  const next = isObject(customized) ? customized['next'] : null;
  const customizedText = isObject(customized)
    ? `CustomizedRetryPolicy{next=[${Array.isArray(next) ? next.join(', ') : ''}]}`
    : 'null';
  return (
    `GroupRetryPolicy{type=${String(type)}, exponentialRetryPolicy=${exponentialText}, ` +
    `customizedRetryPolicy=${customizedText}}`
  );
}

function isObject(value: PlainJson | undefined): value is { readonly [name: string]: PlainJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

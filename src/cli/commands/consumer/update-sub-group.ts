/** `mqadmin updateSubGroup`: creates or changes a consumer group. */
import type { GroupSettings, PlainJson } from '../../../admin/answers.ts';
import { parseAttributes } from '../../../admin/attributes.ts';
import { subscriptionGroup } from '../../../model/subscription-group.ts';
import {
  booleanOf,
  type CliArguments,
  type CliCommand,
  integerOf,
  option,
  requiredText,
  textOf,
  UsageError,
} from '../../command.ts';
import { mastersIn, onEach } from '../../targets.ts';
import { groupConfigText } from './group-config-text.ts';

export const updateSubGroup: CliCommand = {
  name: 'updateSubGroup',
  group: 'consumer',
  description: 'Update or create subscription group.',
  someOf: ['brokerAddr', 'clusterName'],
  options: [
    option('b', 'brokerAddr', 'create subscription group to which broker'),
    option('c', 'clusterName', 'create subscription group to which cluster'),
    option('g', 'groupName', 'consumer group name', { required: true }),
    option('s', 'consumeEnable', 'consume enable'),
    option('m', 'consumeFromMinEnable', 'from min offset'),
    option('d', 'consumeBroadcastEnable', 'broadcast'),
    option('o', 'consumeMessageOrderly', 'consume message orderly'),
    option('q', 'retryQueueNums', 'retry queue nums'),
    option('r', 'retryMaxTimes', 'retry max times'),
    option(
      'p',
      'groupRetryPolicy',
      'retry policy as JSON, eg: {"type":"CUSTOMIZED","customizedRetryPolicy":{"next":[1000]}}',
    ),
    option('i', 'brokerId', 'consumer from which broker id'),
    option('w', 'whichBrokerWhenConsumeSlowly', 'which broker id when consume slowly'),
    option('a', 'notifyConsumerIdsChanged', 'notify consumerId changed'),
    option(null, 'attributes', 'attribute(+a=b,+c=d,-e)'),
  ],
  async run(args, { admin, out }) {
    const settings = settingsOf(args);
    await onEach(
      await mastersIn(args, admin),
      out,
      (broker) => admin.groups.update(broker, settings),
      (broker) => out.line(`create subscription group to ${broker} success.`),
    );
    out.line(groupConfigText(settings));
  },
};

function settingsOf(args: CliArguments): GroupSettings {
  const defaults = subscriptionGroup(requiredText(args, 'groupName'));
  const flag = (long: string, fallback: boolean): boolean =>
    args.has(long) ? booleanOf(args, long) : fallback;
  return {
    ...defaults,
    consumeEnable: flag('consumeEnable', true),
    // Java's command turns these two off unless they are asked for.
    consumeFromMinEnable: flag('consumeFromMinEnable', false),
    consumeBroadcastEnable: flag('consumeBroadcastEnable', false),
    consumeMessageOrderly: flag('consumeMessageOrderly', false),
    retryQueueNums: integerOf(args, 'retryQueueNums', defaults.retryQueueNums),
    retryMaxTimes: integerOf(args, 'retryMaxTimes', defaults.retryMaxTimes, {
      min: -1,
      max: 2 ** 31 - 1,
    }),
    groupRetryPolicy: retryPolicyOf(args),
    brokerId: integerOf(args, 'brokerId', defaults.brokerId),
    whichBrokerWhenConsumeSlowly: integerOf(
      args,
      'whichBrokerWhenConsumeSlowly',
      defaults.whichBrokerWhenConsumeSlowly,
    ),
    notifyConsumerIdsChangedEnable: flag('notifyConsumerIdsChanged', true),
    attributes: parseAttributes(textOf(args, 'attributes') ?? ''),
  };
}

function retryPolicyOf(args: CliArguments): PlainJson {
  const text = textOf(args, 'groupRetryPolicy');
  if (text === null) return { type: 'CUSTOMIZED' };
  try {
    return JSON.parse(text) as PlainJson;
  } catch (error) {
    throw new UsageError(`groupRetryPolicy is not JSON: ${String(error)}`);
  }
}

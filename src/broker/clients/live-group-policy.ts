/** What the data plane must know of a consumer group with members here. */
import type { LiveGroupPolicy } from '../../dataplane/data-plane.ts';
import { type ConsumerGroup, isBroadcasting } from './consumer-groups.ts';

export function liveGroupPolicy(group: ConsumerGroup, holdsQueueLocks: boolean): LiveGroupPolicy {
  return {
    name: group.name,
    broadcasting: isBroadcasting(group),
    subscriptions: [...group.subscriptions.values()].map((subscription) => ({
      topic: subscription.topic,
      expressionType: subscription.expressionType,
      subString: subscription.subString,
      tagCodes: [...subscription.codeSet],
      subVersion: subscription.subVersion,
    })),
    holdsQueueLocks,
  };
}

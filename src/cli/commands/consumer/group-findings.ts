/** What is wrong between the members of a group (Java ConsumerRunningInfo.analyze…). */
import type { ConsumerRunningInfo } from '../../../admin/answers.ts';

const stuckMs = 60_000;

export function groupFindings(told: ReadonlyMap<string, ConsumerRunningInfo>): string[] {
  if (told.size === 0) return [];
  if (!sameSubscriptions([...told.values()])) {
    return ['', '', 'WARN: Different subscription in the same group of consumer!!!'];
  }
  const stuck = [...told].flatMap(([clientId, info]) => stuckQueues(clientId, info));
  return [
    ...['', '', 'Same subscription in the same group of consumer'],
    ...['', 'Rebalance OK'],
    ...stuck,
  ];
}

function sameSubscriptions(infos: ConsumerRunningInfo[]): boolean {
  const forms = infos.map(({ subscriptions }) =>
    subscriptions
      .map(({ topic, expression }) => `${topic}\n${expression}`)
      .sort()
      .join('\n\n'),
  );
  return new Set(forms).size <= 1;
}

/** Queues whose member holds messages that it has not consumed for a minute, or no lock. */
export function stuckQueues(clientId: string, info: ConsumerRunningInfo): string[] {
  if (info.properties.get('PROP_CONSUME_TYPE') !== 'CONSUME_PASSIVELY') return [];
  const isOrderly = info.properties.get('PROP_CONSUMEORDERLY') === 'true';
  const now = Date.now();
  return info.queues.flatMap(({ topic, brokerName, queueId, state }) => {
    const queue = `MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`;
    const number = (name: string): number => Number(state[name] ?? 0);
    if (isOrderly && state['locked'] !== true) {
      const since = now - number('lastLockTimestamp');
      return [`${clientId} ${queue} can't lock for a while, ${since}ms`];
    }
    if (isOrderly) {
      const isLost = state['droped'] === true && number('tryUnlockTimes') > 0;
      const times = number('tryUnlockTimes');
      return isLost ? [`${clientId} ${queue} unlock ${times} times, still failed`] : [];
    }
    const since = now - number('lastConsumeTimestamp');
    const isStuck = since > stuckMs && number('cachedMsgCount') > 0;
    return isStuck
      ? [`${clientId} ${queue} can't consume for a while, maybe blocked, ${since}ms`]
      : [];
  });
}

/** `mqadmin startMonitoring`: once a minute says which groups lag, differ or are stuck. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerRunningInfo } from '../../../admin/answers.ts';
import type { CliCommand, CliContext } from '../../command.ts';
import { formatMillis } from '../../output.ts';
import { outcomesOf } from '../../targets.ts';
import { groupFindings } from './group-findings.ts';

const roundMs = 60_000;
/** Messages not consumed from which Java's monitor speaks. */
const undoneMessages = 1;
const retryPrefix = '%RETRY%';

export const startMonitoring: CliCommand = {
  name: 'startMonitoring',
  group: 'consumer',
  description: 'Start Monitoring.',
  options: [],
  async run(_args, context) {
    for (;;) {
      await monitorOnce(context);
      await delay(roundMs);
      context.admin.forgetUnreachable();
    }
  },
};

/** One round over every group; exported for what wants a single one. */
export async function monitorOnce(context: CliContext): Promise<void> {
  const { admin, out } = context;
  const say = (text: string): void => out.line(`${formatMillis(Date.now())} [MONITOR] ${text}`);
  say('beginRound');
  const groups = (await admin.topics.all())
    .filter((topic) => topic.startsWith(retryPrefix))
    .map((topic) => topic.slice(retryPrefix.length));
  for await (const [group, outcome] of outcomesOf(groups, context, (each) =>
    findingsOf(each, context),
  )) {
    // A group nobody consumes with is no finding.
    if ('value' in outcome) for (const finding of outcome.value) say(`${group}: ${finding}`);
  }
  say('endRound');
}

async function findingsOf(group: string, { admin }: CliContext): Promise<string[]> {
  const stats = await admin.offsets.consumeStats(group, null);
  const undone = new Map<string, number>();
  for (const { topic, brokerOffset, consumerOffset } of stats.queues) {
    undone.set(topic, (undone.get(topic) ?? 0) + brokerOffset - consumerOffset);
  }
  const findings = [...undone]
    .filter(([, count]) => count >= undoneMessages)
    .map(([topic, count]) => `undone messages of ${topic}: ${count}`);
  const { connections } = await admin.clients.consumers(group);
  const told = new Map<string, ConsumerRunningInfo>();
  for (const { clientId } of connections) {
    told.set(clientId, await admin.clients.runningInfo(group, clientId, false));
  }
  const wrong = groupFindings(told).filter((line) => /WARN|MessageQueue/.test(line));
  return [...findings, ...wrong];
}

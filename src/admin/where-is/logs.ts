/** The brokers that can be asked, and what their logs reach over. */
import type { AdminClient } from '../admin-client.ts';
import { reasonOf } from '../asker.ts';
import { inOrder } from '../in-order.ts';
import type { WhereIs } from './story.ts';

export interface Log {
  brokerName: string;
  brokerId: number;
  address: string;
  /** Physical offsets. */
  begin: number;
  end: number;
  /** Store time of its oldest message, null when it is empty. */
  oldestTimestamp: number | null;
}

export interface Logs {
  /** Every broker that answers: of each set the master first, then slaves. */
  all: Log[];
  /** One of each set: the master, or the first slave while it does not answer. */
  speakers: Log[];
  silent: WhereIs['silent'];
}

/** Asks every registered broker once, all at the same time. */
export async function logsOf(admin: AdminClient): Promise<Logs> {
  const { brokers } = await admin.clusters.info();
  const members = [...brokers.values()].flatMap(({ name, addresses }) =>
    [...addresses].map(([brokerId, address]) => ({ brokerName: name, brokerId, address })),
  );
  const logs: Logs = { all: [], speakers: [], silent: [] };
  const asked = inOrder(members, ({ address }) => admin.clusters.runtimeStats(address));
  for await (const [member, outcome] of asked) {
    if ('error' in outcome) {
      logs.silent.push({ ...member, cause: reasonOf(outcome.error) });
      continue;
    }
    const figure = (key: string): number => Number(outcome.value.get(key) ?? 0);
    const oldest = figure('earliestMessageTimeStamp');
    logs.all.push({
      ...member,
      begin: figure('commitLogMinOffset'),
      end: figure('commitLogMaxOffset'),
      oldestTimestamp: oldest > 0 ? oldest : null,
    });
  }
  const spoken = new Set<string>();
  for (const log of logs.all) {
    if (spoken.has(log.brokerName)) continue;
    spoken.add(log.brokerName);
    logs.speakers.push(log);
  }
  return logs;
}

/** Following a closed broker until it is safe to stop. */
import { setTimeout } from 'node:timers/promises';
import type { AdminClient } from '../admin-client.ts';
import { type Backlog, backlogOf } from './backlog.ts';
import type { Closing, DrainedBroker } from './index.ts';

/** Between two looks. */
const lookEveryMs = 1000;
/** Our broker refuses sends at once; a look later those under way are counted. */
const ownQuietMs = 1000;
/** Clients ask for routes every 30 s (`pollNameServerInterval`); a send may take 3 s more. */
const foreignQuietMs = 35_000;

export interface Look extends Backlog {
  /** No message came in for as long as senders may take to hear of it. */
  haveSendsEnded: boolean;
  isSafe: boolean;
}

export interface WatchOptions {
  refusesSends: Closing['refusesSends'];
  /** Groups that are not waited for. */
  ignored: ReadonlySet<string>;
}

/** A look a second; the last one is safe. Whoever has enough ends it. */
export async function* drainLooks(
  admin: AdminClient,
  { address }: DrainedBroker,
  { refusesSends, ignored }: WatchOptions,
): AsyncGenerator<Look> {
  const quietMs = refusesSends ? ownQuietMs : foreignQuietMs;
  let quiet = { putTotal: -1, sinceMs: 0 };
  for (;;) {
    const startedMs = performance.now();
    const backlog = await backlogOf(admin, address);
    if (backlog.putTotal !== quiet.putTotal) {
      quiet = { putTotal: backlog.putTotal, sinceMs: performance.now() };
    }
    const haveSendsEnded = startedMs - quiet.sinceMs >= quietMs;
    const isSafe =
      haveSendsEnded &&
      backlog.delayed === 0 &&
      backlog.groups.every(({ group, behind }) => behind === 0 || ignored.has(group));
    yield { ...backlog, haveSendsEnded, isSafe };
    if (isSafe) return;
    await setTimeout(lookEveryMs);
  }
}

/**
 * Every request code that the control plane serves, by family. What is not here and not served
 * by the data plane is answered with code 3.
 */
import type { Handler } from '../../remoting/dispatch.ts';
import { clientFamily } from './clients.ts';
import { connectionFamily } from './connections.ts';
import { groupFamily } from './groups.ts';
import { lockFamily } from './locks.ts';
import type { BrokerParts, Family, Peer } from './parts.ts';
import { progressFamily } from './progress.ts';
import { runtimeFamily } from './runtime.ts';
import { settingsFamily } from './settings.ts';
import { topicFamily } from './topics.ts';

const FAMILIES: readonly Family[] = [
  clientFamily,
  lockFamily,
  topicFamily,
  groupFamily,
  connectionFamily,
  progressFamily,
  settingsFamily,
  runtimeFamily,
];

export function brokerHandlers(parts: BrokerParts): ReadonlyMap<number, Handler<Peer>> {
  return new Map(FAMILIES.flatMap((family) => family(parts)));
}

/** `brokerRole` (Java BrokerRole) and what it asks of the other settings. */
import type { Settings } from '../../config/settings.ts';
import type { BrokerPolicy } from '../../dataplane/data-plane.ts';
import { MASTER_ID } from '../../model/broker-identity.ts';

const ROLES = ['ASYNC_MASTER', 'SYNC_MASTER', 'SLAVE'] as const;

export function brokerRole(settings: Settings): BrokerPolicy['role'] {
  return ROLES.find((name) => name === settings.text('brokerRole')) ?? 'ASYNC_MASTER';
}

export function isSlave(settings: Settings): boolean {
  return brokerRole(settings) === 'SLAVE';
}

/** Throws for a slave that would take its master's place in the routes. */
export function checkRole(settings: Settings): void {
  if (isSlave(settings) && settings.integer('brokerId') <= MASTER_ID) {
    throw new Error('brokerRole=SLAVE needs a brokerId above 0, which is the id of the master');
  }
}

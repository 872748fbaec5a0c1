/** What of the settings the replication of the log is run with. */
import type { Settings } from '../../config/settings.ts';
import type { ReplicationOptions } from '../../dataplane/data-plane.ts';
import { brokerRole } from './role.ts';
import { replicationSecurity } from './security-options.ts';

/** `haListenPort`, where 0 means the port after `listenPort`. */
export function haListenPort(settings: Settings, listenPort: number): number {
  const port = settings.integer('haListenPort');
  return port === 0 ? listenPort + 1 : port;
}

/** A slave listens for no slaves of its own: chains are not built. */
export function replicationOptions(settings: Settings): ReplicationOptions {
  const role = brokerRole(settings);
  const port = haListenPort(settings, settings.integer('listenPort'));
  return {
    role,
    haListenPort: role === 'SLAVE' ? null : port,
    haMasterAddress: settings.textOrNull('haMasterAddress'),
    slaveTimeoutMs: settings.integer('slaveTimeout'),
    inSyncReplicas: settings.integer('inSyncReplicas'),
    minInSyncReplicas: settings.integer('minInSyncReplicas'),
    enableAutoInSyncReplicas: settings.boolean('enableAutoInSyncReplicas'),
    allAckInSyncStateSet: settings.boolean('allAckInSyncStateSet'),
    haMaxGapNotInSync: settings.integer('haMaxGapNotInSync'),
    haSendHeartbeatInterval: settings.integer('haSendHeartbeatInterval'),
    haHousekeepingInterval: settings.integer('haHousekeepingInterval'),
    haTransferBatchSize: settings.integer('haTransferBatchSize'),
    maxHaTransferByteInSecond: settings.boolean('haFlowControlEnable')
      ? settings.integer('maxHaTransferByteInSecond')
      : null,
    slaveAckAfterFlush: settings.boolean('slaveAckAfterFlush'),
    brokerId: settings.integer('brokerId'),
    security: replicationSecurity(settings),
  };
}

/** What of the settings the data plane decides by on every request. */
import type { Settings } from '../../config/settings.ts';
import type { BrokerPolicy } from '../../dataplane/data-plane.ts';
import { brokerRole } from '../ha/role.ts';
import { parseDelayLevels } from '../schedule/delay-levels.ts';
import type { BrokerIdentity } from './identity.ts';

/** Answered with SERVICE_NOT_AVAILABLE, on which clients try another broker. */
const DRAINING = 'the broker is being drained: it takes no messages (mqadmin drain)';

export function brokerPolicy(settings: Settings, identity: BrokerIdentity): BrokerPolicy {
  return {
    clusterName: identity.clusterName,
    brokerName: identity.brokerName,
    brokerId: identity.brokerId,
    role: brokerRole(settings),
    brokerPermission: settings.integer('brokerPermission'),
    regionId: settings.text('regionId'),
    traceOn: settings.boolean('traceOn'),
    slaveReadEnable: settings.boolean('slaveReadEnable'),
    longPollingEnable: settings.boolean('longPollingEnable'),
    shortPollingTimeMs: settings.integer('shortPollingTimeMills'),
    maxTransferBytesInMemory: settings.integer('maxTransferBytesOnMessageInMemory'),
    maxTransferCountInMemory: settings.integer('maxTransferCountOnMessageInMemory'),
    autoCreateSubscriptionGroup: settings.boolean('autoCreateSubscriptionGroup'),
    delayLevelsMs: parseDelayLevels(settings.text('messageDelayLevel')),
    rejectSends: settings.boolean('draining') ? DRAINING : null,
  };
}

/** Who this broker is to clients and name servers. */
import type { Settings } from '../../config/settings.ts';
import { MASTER_ID } from '../../model/broker-identity.ts';
import { haListenPort } from '../ha/replication-options.ts';
import { isSlave } from '../ha/role.ts';

export interface BrokerIdentity {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerId: number;
  /** `brokerIP1:listenPort`, the text by which name servers know it. */
  readonly address: string;
  /** `brokerIP2:haListenPort`. */
  readonly haAddress: string;
}

/** The address written into records: 127.0.0.1 on a machine without any other. */
export function brokerHost(settings: Settings): string {
  return numeric(settings.text('brokerIP1'));
}

export function brokerIdentity(settings: Settings, listenPort: number): BrokerIdentity {
  return {
    clusterName: settings.text('brokerClusterName'),
    brokerName: settings.text('brokerName'),
    // A master is 0 whatever the file says, as Java's start makes it.
    brokerId: isSlave(settings) ? settings.integer('brokerId') : MASTER_ID,
    address: `${brokerHost(settings)}:${listenPort}`,
    haAddress: `${numeric(settings.text('brokerIP2'))}:${haListenPort(settings, listenPort)}`,
  };
}

function numeric(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

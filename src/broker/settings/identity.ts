/** Who this broker is to clients and name servers. */
import type { Settings } from '../../config/settings.ts';

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
  const haPort = settings.integer('haListenPort');
  // A master is 0 whatever the file says, as Java's start makes it.
  const isMaster = settings.text('brokerRole') !== 'SLAVE';
  return {
    clusterName: settings.text('brokerClusterName'),
    brokerName: settings.text('brokerName'),
    brokerId: isMaster ? 0 : settings.integer('brokerId'),
    address: `${brokerHost(settings)}:${listenPort}`,
    haAddress: `${numeric(settings.text('brokerIP2'))}:${haPort === 0 ? listenPort + 1 : haPort}`,
  };
}

function numeric(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

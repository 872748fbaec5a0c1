/** Id 0 is the master of a broker set; slaves have ids from 1 (Java `MixAll.MASTER_ID`). */
export const MASTER_ID = 0;

/** Addresses of one broker set by id (Java `BrokerData`). */
export interface BrokerData {
  readonly cluster: string;
  readonly brokerName: string;
  readonly brokerAddrs: ReadonlyMap<number, string>;
  readonly enableActingMaster: boolean;
  readonly zoneName: string | null;
}

/** The smallest id of a set, null of an empty one. */
export function minBrokerId(brokerAddrs: ReadonlyMap<number, string>): number | null {
  return brokerAddrs.size === 0 ? null : Math.min(...brokerAddrs.keys());
}

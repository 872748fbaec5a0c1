/**
 * Broker sets and the clusters they form (Java `brokerAddrTable`, `clusterAddrTable`).
 *
 * Invariants: one address has one id within its set (a slave that becomes master moves); a set
 * without addresses, and a cluster without sets, are not in the tables.
 */
import type { BrokerData } from '../model/broker-identity.ts';

export interface SetIdentity {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly enableActingMaster: boolean;
  readonly zoneName: string | null;
}

export class BrokerSets {
  readonly #sets = new Map<string, BrokerData>();
  readonly #clusters = new Map<string, Set<string>>();

  find(brokerName: string): BrokerData | null {
    return this.#sets.get(brokerName) ?? null;
  }

  all(): ReadonlyMap<string, BrokerData> {
    return this.#sets;
  }

  clusters(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#clusters].map(([name, sets]) => [name, [...sets]]));
  }

  /** Names of the sets of a cluster, null when it has none. */
  ofCluster(clusterName: string): ReadonlySet<string> | null {
    return this.#clusters.get(clusterName) ?? null;
  }

  /** Adds the address under the id; any other id of that address in the set goes first. */
  put(identity: SetIdentity, brokerId: number, brokerAddr: string): BrokerData {
    const { clusterName, brokerName, enableActingMaster, zoneName } = identity;
    const previous = this.#sets.get(brokerName);
    const kept = [...(previous?.brokerAddrs ?? [])].filter(([, address]) => address !== brokerAddr);
    const data = {
      cluster: clusterName,
      brokerName,
      brokerAddrs: new Map(kept).set(brokerId, brokerAddr),
      enableActingMaster,
      zoneName,
    };
    if (previous !== undefined && previous.cluster !== clusterName) {
      this.#leaveCluster(previous.cluster, brokerName);
    }
    this.#sets.set(brokerName, data);
    this.#clusters.set(
      clusterName,
      (this.#clusters.get(clusterName) ?? new Set<string>()).add(brokerName),
    );
    return data;
  }

  /** Removes the address; answers what is left of the set, null when nothing is. */
  remove(brokerName: string, brokerAddr: string): BrokerData | null {
    const data = this.#sets.get(brokerName);
    if (data === undefined) {
      return null;
    }
    const left = [...data.brokerAddrs].filter(([, address]) => address !== brokerAddr);
    if (left.length > 0) {
      const reduced = { ...data, brokerAddrs: new Map(left) };
      this.#sets.set(brokerName, reduced);
      return reduced;
    }
    this.#sets.delete(brokerName);
    this.#leaveCluster(data.cluster, brokerName);
    return null;
  }

  /** The set and id under which the address is known in the cluster. */
  whose(clusterName: string, brokerAddr: string): { brokerName: string; brokerId: number } | null {
    for (const data of this.#sets.values()) {
      for (const [brokerId, address] of data.cluster === clusterName ? data.brokerAddrs : []) {
        if (address === brokerAddr) {
          return { brokerName: data.brokerName, brokerId };
        }
      }
    }
    return null;
  }

  #leaveCluster(clusterName: string, brokerName: string): void {
    const names = this.#clusters.get(clusterName);
    names?.delete(brokerName);
    if (names?.size === 0) {
      this.#clusters.delete(clusterName);
    }
  }
}

/** All clusters and broker sets (Java `ClusterInfo`); broker ids are never quoted. */
import type { BrokerData } from '../../model/broker-identity.ts';
import {
  arrayMember,
  asArray,
  asObject,
  objectMember,
  parseJson,
  stringifyJson,
} from '../fastjson.ts';
import { brokerDataJson, readBrokerData } from './broker-data.ts';

export interface ClusterInfo {
  readonly brokers: ReadonlyMap<string, BrokerData>;
  readonly clusters: ReadonlyMap<string, readonly string[]>;
}

export function encodeClusterInfo(info: ClusterInfo): string {
  return stringifyJson({
    brokerAddrTable: new Map([...info.brokers].map(([name, data]) => [name, brokerDataJson(data)])),
    clusterAddrTable: info.clusters,
  });
}

export function decodeClusterInfo(bytes: Uint8Array): ClusterInfo {
  const body = asObject(parseJson(bytes), 'cluster info');
  const brokers = new Map<string, BrokerData>();
  for (const [name, value] of objectMember(body, 'brokerAddrTable') ?? []) {
    brokers.set(String(name), readBrokerData(asObject(value, 'a broker set')));
  }
  const clusters = new Map<string, string[]>();
  const table = objectMember(body, 'clusterAddrTable') ?? new Map();
  for (const name of table.keys()) {
    clusters.set(
      String(name),
      asArray(arrayMember(table, String(name)) ?? [], 'names').map(String),
    );
  }
  return { brokers, clusters };
}

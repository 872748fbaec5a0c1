/**
 * A topic's route as clients see it (Java `pickupTopicRouteData`, `ZoneRouteRPCHook`): queues and
 * the sets that hold them, an acting master in place of a dead one, only the client's zone.
 */
import { type BrokerData, MASTER_ID, minBrokerId } from '../model/broker-identity.ts';
import { isWriteable } from '../model/permission.ts';
import type { QueueData, TopicRoute } from '../model/route.ts';
import { SYNC_BROKER_MEMBER_GROUP_PREFIX } from '../model/topic-name.ts';
import type { RouteTable } from './route-table.ts';

/** Null when the topic is unknown or none of its sets is. */
export function routeOf(
  table: RouteTable,
  topic: string,
  supportActingMaster: boolean,
): TopicRoute | null {
  const queues = table.queues.ofTopic(topic);
  if (queues === null) {
    return null;
  }
  const found = [...queues.keys()].map((name) => table.sets.find(name));
  const sets = found.filter((set) => set !== null);
  if (sets.length === 0) {
    return null;
  }
  const acting = supportActingMaster && !topic.startsWith(SYNC_BROKER_MEMBER_GROUP_PREFIX);
  return {
    orderTopicConf: null,
    queueDatas: [...queues.values()],
    brokerDatas: acting ? sets.map((set) => withActingMaster(set, queues)) : sets,
    filterServerTable: filterServers(table, sets),
  };
}

/** Keeps sets of the zone, and sets without a master: their messages must still be consumed. */
export function inZone(route: TopicRoute, zoneName: string): TopicRoute {
  const zone = zoneName.toLowerCase();
  const kept = route.brokerDatas.filter(
    (set) => !set.brokerAddrs.has(MASTER_ID) || set.zoneName?.toLowerCase() === zone,
  );
  const removed = route.brokerDatas.filter((set) => !kept.includes(set));
  const removedNames = new Set(removed.map((set) => set.brokerName));
  const removedAddrs = new Set(removed.flatMap((set) => [...set.brokerAddrs.values()]));
  return {
    ...route,
    brokerDatas: kept,
    queueDatas: route.queueDatas.filter((queue) => !removedNames.has(queue.brokerName)),
    filterServerTable: new Map(
      [...route.filterServerTable].filter(([addr]) => !removedAddrs.has(addr)),
    ),
  };
}

/** Of a set whose master is gone and whose queues are read-only, the lowest slave shows as 0. */
function withActingMaster(set: BrokerData, queues: ReadonlyMap<string, QueueData>): BrokerData {
  const queue = queues.get(set.brokerName);
  const lowest = minBrokerId(set.brokerAddrs);
  const applies = set.enableActingMaster && queue !== undefined && !isWriteable(queue.perm);
  if (!applies || lowest === null || set.brokerAddrs.has(MASTER_ID)) {
    return set;
  }
  const entries = [...set.brokerAddrs].map(([id, addr]): [number, string] => [
    id === lowest ? MASTER_ID : id,
    addr,
  ]);
  return { ...set, brokerAddrs: new Map(entries) };
}

function filterServers(
  table: RouteTable,
  sets: readonly BrokerData[],
): ReadonlyMap<string, readonly string[]> {
  const servers = new Map<string, readonly string[]>();
  for (const set of sets) {
    for (const address of set.brokerAddrs.values()) {
      const list = table.filterServersOf(set.cluster, address);
      if (list !== null) {
        servers.set(address, list);
      }
    }
  }
  return servers;
}

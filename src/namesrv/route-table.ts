/**
 * What a name server knows: which brokers live and which topics they serve (Java
 * `RouteInfoManager`). Memory only; brokers tell it anew after a restart.
 *
 * Invariants:
 * - Topics are taken from a set's master, or from its lowest slave when that knows acting
 *   masters; they are read again only when the set is new, its data version differs in any field,
 *   or the topic is unknown here.
 * - An address has one id within its set. A second address for a taken id wins unless the data
 *   version of the live owner is further along (`stateVersion`).
 * - The end of a broker's connection, an unregistration and silence past the limit all remove it
 *   at once; the end of an older connection of the same broker removes nothing.
 *
 * Refuses a registration of exactly one topic from an id that is not registered: it is an
 * update whose broker has just been removed, and would cut the broker down to that one topic.
 */
import { type BrokerData, MASTER_ID, minBrokerId } from '../model/broker-identity.ts';
import { type DataVersion, sameDataVersion } from '../model/data-version.ts';
import { withoutWrite } from '../model/permission.ts';
import type { QueueData } from '../model/route.ts';
import type { MinBrokerIdChange } from '../remoting/commands/notify-min-broker-id-change.ts';
import type { RegisterBrokerRequest } from '../remoting/commands/register-broker.ts';
import type { JsonObject } from '../remoting/fastjson.ts';
import type { Connection } from '../remoting/server.ts';
import { BrokerSets } from './broker-sets.ts';
import { HEARTBEAT_TIMEOUT_MS, type LiveBroker, LiveBrokers } from './live-brokers.ts';
import { TopicQueues } from './topic-queues.ts';

export interface Registered {
  /** For a slave of a live master, else null. */
  readonly haServerAddr: string | null;
  readonly masterAddr: string | null;
}

export interface BrokerIdentity {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerAddr: string;
  readonly brokerId: number;
}

export interface RouteTableOptions {
  /** Monotonic milliseconds. */
  now: () => number;
  /** Drops topics that a full registration does not name any more. */
  deleteTopicWithBrokerRegistration: () => boolean;
  /** The lowest id of a set changed: these addresses want to know. */
  onMinBrokerIdChange: (addresses: readonly string[], change: MinBrokerIdChange) => void;
}

const NOT_A_SLAVE_WITH_MASTER: Registered = { haServerAddr: null, masterAddr: null };

export class RouteTable {
  readonly sets = new BrokerSets();
  readonly queues = new TopicQueues();
  readonly live: LiveBrokers;
  readonly #options: RouteTableOptions;
  readonly #filterServers = new Map<string, readonly string[]>();
  readonly #queueMappings = new Map<string, Map<string, JsonObject>>();

  constructor(options: RouteTableOptions) {
    this.#options = options;
    this.live = new LiveBrokers(options.now);
  }

  /** Null when the registration is refused. */
  register(broker: RegisterBrokerRequest, connection: Connection): Registered | null {
    const before = this.sets.find(broker.brokerName);
    const ownerAddr = before?.brokerAddrs.get(broker.brokerId) ?? null;
    if (this.#isOutranked(broker, ownerAddr)) {
      this.live.remove(broker.clusterName, broker.brokerAddr);
      return NOT_A_SLAVE_WITH_MASTER;
    }
    if (ownerAddr === null && broker.body.topics.size === 1) {
      return null;
    }
    const set = this.sets.put(
      { ...broker, enableActingMaster: broker.enableActingMaster === true },
      broker.brokerId,
      broker.brokerAddr,
    );
    if (speaksForTopics(broker, set)) {
      this.#takeTopics(broker, set, ownerAddr === null);
    }
    this.#markAlive(broker, connection);
    this.#notifyNewMinimum(broker, before, set);
    return this.#masterOf(broker, set);
  }

  unregister(broker: BrokerIdentity): void {
    const { clusterName, brokerName, brokerAddr, brokerId } = broker;
    this.live.remove(clusterName, brokerAddr);
    this.#filterServers.delete(filterKey(clusterName, brokerAddr));
    const before = this.sets.find(brokerName);
    const left = this.sets.remove(brokerName, brokerAddr);
    if (left === null) {
      this.queues.removeBroker(brokerName);
      this.#forgetMappings(brokerName);
      return;
    }
    if (!left.enableActingMaster) {
      return;
    }
    if (!left.brokerAddrs.has(MASTER_ID)) {
      this.queues.wipeWrite(brokerName);
    }
    if (before !== null && minBrokerId(before.brokerAddrs) === brokerId) {
      this.#notifyMinimum(left, [...left.brokerAddrs.values()], brokerAddr, null);
    }
  }

  /** Every broker whose connection this was goes at once; answers which. */
  connectionClosed(connection: Connection): BrokerIdentity[] {
    return this.live.ofConnection(connection).map((broker) => this.#unregisterLive(broker));
  }

  /** Removes those silent past their limit and closes their connections; answers which. */
  removeSilent(): BrokerIdentity[] {
    return this.live.silent().map((broker) => {
      const identity = this.#unregisterLive(broker);
      broker.connection.close('no sign of life from the broker');
      return identity;
    });
  }

  /** True when the broker's table differs from what is known here, or nothing is. */
  isChanged(clusterName: string, brokerAddr: string, version: DataVersion): boolean {
    const known = this.live.find(clusterName, brokerAddr);
    return known === null || !sameDataVersion(known.dataVersion, version);
  }

  /** Adds queues on known sets; one unknown set and nothing is added. */
  registerTopic(topic: string, queues: readonly QueueData[]): boolean {
    if (queues.some((queue) => this.sets.find(queue.brokerName) === null)) {
      return false;
    }
    for (const queue of queues) {
      this.queues.put(topic, queue);
    }
    return true;
  }

  /** Forgets the topic, on the sets of one cluster when it is named. */
  deleteTopic(topic: string, clusterName: string | null): void {
    if (clusterName === null || clusterName === '') {
      this.queues.removeTopic(topic);
      return;
    }
    for (const brokerName of this.sets.ofCluster(clusterName) ?? []) {
      this.queues.remove(topic, brokerName);
    }
  }

  filterServersOf(clusterName: string, brokerAddr: string): readonly string[] | null {
    return this.#filterServers.get(filterKey(clusterName, brokerAddr)) ?? null;
  }

  /** Mappings of a static topic by broker name, null of any other. */
  queueMappingsOf(topic: string): ReadonlyMap<string, JsonObject> | null {
    return this.#queueMappings.get(topic) ?? null;
  }

  #isOutranked(broker: RegisterBrokerRequest, ownerAddr: string | null): boolean {
    if (ownerAddr === null || ownerAddr === broker.brokerAddr) {
      return false;
    }
    const owner = this.live.find(broker.clusterName, ownerAddr);
    return owner !== null && owner.dataVersion.stateVersion > broker.body.dataVersion.stateVersion;
  }

  #takeTopics(broker: RegisterBrokerRequest, set: BrokerData, isFirst: boolean): void {
    const { topics, dataVersion, queueMappings } = broker.body;
    const { brokerName, isPart } = broker;
    const prunes = !isPart && this.#options.deleteTopicWithBrokerRegistration();
    if (prunes && queueMappings.size === 0) {
      for (const gone of this.queues.ofBroker(brokerName).filter((name) => !topics.has(name))) {
        this.queues.remove(gone, brokerName);
      }
    }
    const changed = isFirst || this.isChanged(broker.clusterName, broker.brokerAddr, dataVersion);
    const readOnly = broker.brokerId !== MASTER_ID && set.enableActingMaster;
    for (const config of topics.values()) {
      if (changed || !this.queues.has(config.topicName, brokerName)) {
        const perm = readOnly ? withoutWrite(config.perm) : config.perm;
        this.queues.putConfig(brokerName, { ...config, perm });
      }
    }
    for (const [topic, mapping] of changed ? queueMappings : []) {
      const byBroker = this.#queueMappings.get(topic) ?? new Map<string, JsonObject>();
      const owner = mapping.get('bname');
      byBroker.set(typeof owner === 'string' ? owner : brokerName, mapping);
      this.#queueMappings.set(topic, byBroker);
    }
  }

  #markAlive(broker: RegisterBrokerRequest, connection: Connection): void {
    const { clusterName, brokerAddr, haServerAddr, body } = broker;
    this.live.put({
      clusterName,
      brokerAddr,
      haServerAddr,
      dataVersion: body.dataVersion,
      heartbeatTimeoutMs: broker.heartbeatTimeoutMillis ?? HEARTBEAT_TIMEOUT_MS,
      connection,
    });
    const key = filterKey(clusterName, brokerAddr);
    if (body.filterServers.length === 0) {
      this.#filterServers.delete(key);
    } else {
      this.#filterServers.set(key, body.filterServers);
    }
  }

  #masterOf(broker: RegisterBrokerRequest, set: BrokerData): Registered {
    const masterAddr = set.brokerAddrs.get(MASTER_ID);
    if (broker.brokerId === MASTER_ID || masterAddr === undefined) {
      return NOT_A_SLAVE_WITH_MASTER;
    }
    const master = this.live.find(broker.clusterName, masterAddr);
    return master === null
      ? NOT_A_SLAVE_WITH_MASTER
      : { haServerAddr: master.haServerAddr, masterAddr };
  }

  #unregisterLive(broker: LiveBroker): BrokerIdentity {
    const { clusterName, brokerAddr } = broker;
    const owner = this.sets.whose(clusterName, brokerAddr);
    const identity = {
      clusterName,
      brokerAddr,
      brokerName: owner?.brokerName ?? '',
      brokerId: owner?.brokerId ?? MASTER_ID,
    };
    this.unregister(identity);
    return identity;
  }

  #notifyNewMinimum(
    broker: RegisterBrokerRequest,
    before: BrokerData | null,
    set: BrokerData,
  ): void {
    const previous = before === null ? null : minBrokerId(before.brokerAddrs);
    if (previous === null || broker.brokerId >= previous) {
      return;
    }
    const others = [...set.brokerAddrs].filter(([id]) => id !== broker.brokerId);
    const addresses = others.length === 0 ? [broker.brokerAddr] : others.map(([, addr]) => addr);
    this.#notifyMinimum(set, addresses, null, broker.haServerAddr);
  }

  #notifyMinimum(
    set: BrokerData,
    addresses: readonly string[],
    offlineBrokerAddr: string | null,
    haBrokerAddr: string | null,
  ): void {
    const lowest = minBrokerId(set.brokerAddrs) ?? MASTER_ID;
    this.#options.onMinBrokerIdChange(addresses, {
      minBrokerId: lowest,
      minBrokerAddr: set.brokerAddrs.get(lowest) ?? '',
      offlineBrokerAddr,
      haBrokerAddr,
    });
  }

  #forgetMappings(brokerName: string): void {
    for (const [topic, byBroker] of this.#queueMappings) {
      byBroker.delete(brokerName);
      if (byBroker.size === 0) {
        this.#queueMappings.delete(topic);
      }
    }
  }
}

/** The master does; the lowest slave too, when its version knows acting masters. */
function speaksForTopics(broker: RegisterBrokerRequest, set: BrokerData): boolean {
  const isLowest = minBrokerId(set.brokerAddrs) === broker.brokerId;
  return broker.brokerId === MASTER_ID || (broker.enableActingMaster !== null && isLowest);
}

function filterKey(clusterName: string, brokerAddr: string): string {
  return `${clusterName}\n${brokerAddr}`;
}

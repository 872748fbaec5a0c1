/** Clusters, their brokers and what the brokers tell about themselves. */
import { RequestCode } from '../remoting/request-code.ts';
import type { BrokerSet, ClusterInfo, HaStatus } from './answers.ts';
import type { Asker } from './asker.ts';
import { decodeClusterInfo, decodeKeyValues } from './decode.ts';
import { decodeHaStatus } from './decode-status.ts';

export class ClusterAdmin {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async info(): Promise<ClusterInfo> {
    const answer = await this.#asker.askNameServer(RequestCode.GET_BROKER_CLUSTER_INFO);
    return decodeClusterInfo(answer.body);
  }

  /** Addresses of the cluster's masters; an unknown cluster is an error that says so. */
  async mastersOf(cluster: string): Promise<string[]> {
    return (await this.setsOf(cluster)).flatMap((set) => set.addresses.get(0) ?? []);
  }

  /** Addresses of the cluster's masters and slaves. */
  async brokersOf(cluster: string): Promise<string[]> {
    return (await this.setsOf(cluster)).flatMap((set) => [...set.addresses.values()]);
  }

  /** The cluster's broker sets by name. */
  async setsOf(cluster: string): Promise<BrokerSet[]> {
    const { brokers, clusters } = await this.info();
    const names = clusters.get(cluster);
    if (names === undefined) {
      const known = [...clusters.keys()].join(', ') || 'none';
      throw new Error(`the name server knows no cluster '${cluster}' (known: ${known})`);
    }
    return [...names].sort().flatMap((name) => brokers.get(name) ?? []);
  }

  async brokerNames(by: { cluster: string } | { address: string }): Promise<string[]> {
    if ('cluster' in by) return (await this.setsOf(by.cluster)).map((set) => set.name);
    const { brokers } = await this.info();
    const found = [...brokers.values()].find((set) =>
      [...set.addresses.values()].includes(by.address),
    );
    if (found === undefined) throw new Error(`no broker is registered with address ${by.address}`);
    return [found.name];
  }

  async hasBroker(address: string): Promise<boolean> {
    const { brokers } = await this.info();
    return [...brokers.values()].some((set) => [...set.addresses.values()].includes(address));
  }

  /** Runtime figures by name (Java `fetchBrokerRuntimeStats`). */
  async runtimeStats(broker: string): Promise<Map<string, string>> {
    const answer = await this.#asker.ask(broker, RequestCode.GET_BROKER_RUNTIME_INFO);
    return decodeKeyValues(answer.body);
  }

  async haStatus(broker: string): Promise<HaStatus> {
    const answer = await this.#asker.ask(broker, RequestCode.GET_BROKER_HA_STATUS);
    return decodeHaStatus(answer.body);
  }

  async resetMasterFlushOffset(broker: string, masterFlushOffset: number): Promise<void> {
    const fields = { masterFlushOffset };
    await this.#asker.ask(broker, RequestCode.RESET_MASTER_FLUSH_OFFSET, { fields });
  }

  /** Removes queues that no log record is behind any more (Java `cleanExpiredConsumerQueue`). */
  async cleanExpiredQueues(broker: string): Promise<void> {
    await this.#asker.ask(broker, RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE);
  }

  async deleteExpiredCommitLog(broker: string): Promise<void> {
    await this.#asker.ask(broker, RequestCode.DELETE_EXPIRED_COMMITLOG);
  }

  async cleanUnusedTopics(broker: string): Promise<void> {
    await this.#asker.ask(broker, RequestCode.CLEAN_UNUSED_TOPIC);
  }
}

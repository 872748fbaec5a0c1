/**
 * Which brokers are alive: the last sign of life of each registered address (Java
 * `brokerLiveTable`).
 *
 * Invariants: an address counts once per cluster; it belongs to the connection that registered
 * it last, so that the late end of an older connection removes nobody; time is monotonic, so
 * that a jump of the wall clock neither kills nor keeps a broker.
 */
import type { DataVersion } from '../model/data-version.ts';
import type { Connection } from '../remoting/server.ts';

export interface LiveBroker {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly dataVersion: DataVersion;
  readonly haServerAddr: string | null;
  readonly heartbeatTimeoutMs: number;
  readonly connection: Connection;
  lastSeenMs: number;
}

/** Silence after which a broker that names no limit of its own is dead. */
export const HEARTBEAT_TIMEOUT_MS = 120_000;

export class LiveBrokers {
  readonly #now: () => number;
  readonly #brokers = new Map<string, LiveBroker>();

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  find(clusterName: string, brokerAddr: string): LiveBroker | null {
    return this.#brokers.get(keyOf(clusterName, brokerAddr)) ?? null;
  }

  put(broker: Omit<LiveBroker, 'lastSeenMs'>): void {
    const key = keyOf(broker.clusterName, broker.brokerAddr);
    this.#brokers.set(key, { ...broker, lastSeenMs: this.#now() });
  }

  touch(clusterName: string, brokerAddr: string): void {
    const broker = this.find(clusterName, brokerAddr);
    if (broker !== null) {
      broker.lastSeenMs = this.#now();
    }
  }

  remove(clusterName: string, brokerAddr: string): boolean {
    return this.#brokers.delete(keyOf(clusterName, brokerAddr));
  }

  /** Those that registered last over the connection. */
  ofConnection(connection: Connection): LiveBroker[] {
    return [...this.#brokers.values()].filter((broker) => broker.connection === connection);
  }

  /** Those silent for longer than their limit. */
  silent(): LiveBroker[] {
    const now = this.#now();
    return [...this.#brokers.values()].filter(
      (broker) => now - broker.lastSeenMs > broker.heartbeatTimeoutMs,
    );
  }
}

function keyOf(clusterName: string, brokerAddr: string): string {
  return `${clusterName}\n${brokerAddr}`;
}

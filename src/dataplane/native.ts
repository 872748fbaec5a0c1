/**
 * The data plane over the addon: converts, batches, and keeps its promises in order.
 *
 * Invariants: `send` calls of one microtask turn cross as one; a batch goes to `onBatch` once and
 * never from within another call; `close` may be called any number of times and resolves when
 * the first one is done. It refuses every other call after `close` with `CLOSED`.
 */
import { createRequire } from 'node:module';
import type {
  ConnectionId,
  ConsumerOffset,
  ConsumerOffsets,
  Counters,
  DataPlane,
  DataPlaneOptions,
  DelayProgress,
  Denial,
  ListenPorts,
  LogStatus,
  PolicyDelta,
  QueueBounds,
  QueueUnits,
  RecoveryReport,
  ReplicationStatus,
  StoreCheck,
  StoredMessage,
  UpBatch,
} from './data-plane.ts';
import { DataPlaneMisuseError, fromNative } from './errors.ts';

// The addon is loaded when a data plane is opened and not when this file is imported: a command
// that never opens one must run where the addon is not built.
type Addon = typeof import('#native');
type Handle = import('#native').NativeDataPlane;

function loadAddon(): Addon {
  return createRequire(import.meta.url)('#native') as Addon;
}

/** Opens the store that the options name, recovering it when its last run did not end well. */
export async function openDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  try {
    return new NativePlane(await loadAddon().openDataPlane(options));
  } catch (error) {
    throw fromNative(error);
  }
}

class NativePlane implements DataPlane {
  readonly recovery: RecoveryReport;
  readonly #handle: Handle;
  #outgoing: { connection: ConnectionId; frame: Uint8Array }[] = [];
  #closing: Promise<void> | null = null;

  constructor(handle: Handle) {
    this.#handle = handle;
    this.recovery = handle.recovery;
  }

  async listen(onBatch: (batch: UpBatch) => void): Promise<ListenPorts> {
    return this.#call((handle) =>
      handle.listen(() => {
        // A ring may be on its way while the plane closes; what it announced is then moot.
        if (this.#closing === null) onBatch(handle.takeBatch());
      }),
    );
  }

  publish(delta: PolicyDelta): number {
    return this.#call((handle) => handle.publish(delta));
  }

  resolveWanted(kind: 'topic' | 'group', name: string, denial: Denial | null): void {
    this.#call((handle) => handle.resolveWanted(kind, name, denial));
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.#refuseWhenClosed();
    this.#outgoing.push({ connection, frame });
    if (this.#outgoing.length === 1) queueMicrotask(() => this.#flush());
  }

  closeConnection(connection: ConnectionId): void {
    this.#flush();
    this.#call((handle) => handle.closeConnection(connection));
  }

  queueBounds(topic: string): QueueBounds[] {
    return this.#call((handle) => handle.queueBounds(topic));
  }

  consumerOffsets(): ConsumerOffsets {
    return this.#call((handle) => handle.consumerOffsets());
  }

  groupOffsets(group: string): ConsumerOffset[] {
    return this.#call((handle) => handle.groupOffsets(group));
  }

  topicGroups(topic: string): string[] {
    return this.#call((handle) => handle.topicGroups(topic));
  }

  setConsumerOffsets(offsets: ConsumerOffset[]): void {
    this.#call((handle) => handle.setConsumerOffsets(offsets));
  }

  advanceConsumerOffsets(offsets: ConsumerOffset[]): void {
    this.#call((handle) => handle.advanceConsumerOffsets(offsets));
  }

  resetConsumerOffsets(offsets: ConsumerOffset[]): void {
    this.#call((handle) => handle.resetConsumerOffsets(offsets));
  }

  eraseGroupOffsets(group: string): void {
    this.#call((handle) => handle.eraseGroupOffsets(group));
  }

  delayProgress(): DelayProgress[] {
    return this.#call((handle) => handle.delayProgress());
  }

  setDelayProgress(progress: DelayProgress[]): void {
    this.#call((handle) => handle.setDelayProgress(progress));
  }

  searchOffset(topic: string, queueId: number, timestampMs: number): number {
    return this.#call((handle) => handle.searchOffset(topic, queueId, timestampMs));
  }

  storeTimestamps(asked: StoredMessage[]): number[] {
    return this.#call((handle) => handle.storeTimestamps(asked));
  }

  queueUnits(topic: string, queueId: number, from: number, count: number): QueueUnits | null {
    return this.#call((handle) => handle.queueUnits(topic, queueId, from, count));
  }

  forwardRecord(connection: ConnectionId, frame: Uint8Array, physicalOffset: number): boolean {
    this.#flush();
    return this.#call((handle) => handle.forwardRecord(connection, frame, physicalOffset));
  }

  storedTopics(): string[] {
    return this.#call((handle) => handle.storedTopics());
  }

  async removeExpired(what: 'log' | 'queues'): Promise<void> {
    await this.#call((handle) => handle.removeExpired(what)).catch(rethrow);
  }

  async verifyStore(knownTopics: string[], bytesPerSecond: number): Promise<StoreCheck> {
    return this.#call((handle) => handle.verifyStore(knownTopics, bytesPerSecond)).catch(rethrow);
  }

  verifyPosition(): number | null {
    return this.#call((handle) => handle.verifyPosition());
  }

  askForRepair(knownTopics: string[]): void {
    this.#call((handle) => handle.askForRepair(knownTopics));
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#call((handle) => handle.deleteTopic(topic)).catch(rethrow);
  }

  counters(): Counters {
    return this.#call((handle) => handle.counters());
  }

  logStatus(): LogStatus {
    return this.#call((handle) => handle.logStatus());
  }

  setMasterAddress(address: string | null): void {
    this.#call((handle) => handle.setMasterAddress(address));
  }

  replicationStatus(): ReplicationStatus {
    return this.#call((handle) => handle.replicationStatus());
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      this.#flush();
      this.#closing = this.#handle.close().catch(rethrow);
    }
    return this.#closing;
  }

  #flush(): void {
    const frames = this.#outgoing;
    if (frames.length === 0) return;
    this.#outgoing = [];
    // Closed since: their connections are closed as well.
    if (this.#closing === null) this.#call((handle) => handle.send(frames));
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== null)
      throw new DataPlaneMisuseError('CLOSED', 'the data plane is closed');
  }

  #call<R>(call: (handle: Handle) => R): R {
    this.#refuseWhenClosed();
    try {
      return call(this.#handle);
    } catch (error) {
      throw fromNative(error);
    }
  }
}

function rethrow(error: unknown): never {
  throw fromNative(error);
}

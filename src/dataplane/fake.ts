/**
 * The data plane in memory, for tests of the control plane: no socket, no store, no thread.
 *
 * It keeps the promises of `data-plane.ts` that control-plane code can observe: policy versions
 * rise, a name stays wanted until it is resolved, frames to closed connections are dropped,
 * deleting a topic forgets its offsets. Tests drive it with {@link FakeDataPlane.deliver} and
 * read what was published and sent. It stores no message and answers no hot request.
 */
import type {
  BrokerPolicy,
  ConnectionId,
  ConsumerOffset,
  ConsumerOffsets,
  Counters,
  DataPlane,
  DelayProgress,
  Denial,
  GroupPolicy,
  ListenPorts,
  LiveGroupPolicy,
  LogStatus,
  PolicyDelta,
  QueueBounds,
  QueueUnit,
  QueueUnits,
  RecoveryReport,
  ReplicationStatus,
  StoreCheck,
  StoredMessage,
  TopicPolicy,
  UpBatch,
} from './data-plane.ts';

export interface SentFrame {
  connection: ConnectionId;
  frame: Uint8Array;
}

export interface Resolution {
  kind: 'topic' | 'group';
  name: string;
  denial: Denial | null;
  /** Version of the policy in force when the name was resolved. */
  policyVersion: number;
}

const NO_RECOVERY: RecoveryReport = {
  cleanShutdown: true,
  minPhysicalOffset: 0,
  maxPhysicalOffset: 0,
  scannedBytes: 0,
  cutBytes: 0,
  dispatchedRecords: 0,
  elapsedMs: 0,
};

export function emptyBatch(): UpBatch {
  return { opened: [], frames: [], closed: [], wanted: [], poisoned: null, readFailures: [] };
}

export class FakeDataPlane implements DataPlane {
  readonly recovery = NO_RECOVERY;
  readonly topics = new Map<string, TopicPolicy>();
  readonly groups = new Map<string, GroupPolicy>();
  readonly liveGroups = new Map<string, LiveGroupPolicy>();
  broker: BrokerPolicy | null = null;
  readonly sent: SentFrame[] = [];
  readonly resolutions: Resolution[] = [];
  readonly bounds = new Map<string, QueueBounds[]>();
  /** Store times of a queue's messages by `topic@queueId`, first the one at its min offset. */
  readonly storeTimes = new Map<string, number[]>();
  /** Units of a queue by `topic@queueId`, first the one at its min offset. */
  readonly units = new Map<string, QueueUnit[]>();
  /** Positions at which the log has a record. */
  readonly records = new Set<number>();
  /** Offsets that running consumers would hear of. */
  readonly resets: ConsumerOffset[] = [];
  readonly removedExpired: string[] = [];
  /** How the next check ends. */
  storeCheck: () => Promise<StoreCheck> = () => Promise.reject(new Error('a fake has no store'));
  /** Topics named with each request for a repair. */
  readonly repairsAsked: string[][] = [];
  readonly deletedTopics: string[] = [];
  readonly ports: ListenPorts;
  policyVersion = 0;
  listening = false;
  closed = false;
  /** Set by a test to see frames the moment they leave. */
  onSend: (sent: SentFrame) => void = () => undefined;
  onResolve: (resolution: Resolution) => void = () => undefined;
  onCloseConnection: (connection: ConnectionId) => void = () => undefined;
  totals: Counters = {
    topics: [],
    groups: [],
    sendBackMessages: 0,
    failedPuts: 0,
    foundPulls: 0,
    missedPulls: 0,
    connections: 0,
    heldPulls: 0,
    upwardQueueDepth: 0,
  };

  /** What `replicationStatus` tells. */
  replication: ReplicationStatus = {
    role: 'ASYNC_MASTER',
    slaves: [],
    refusedPeers: [],
    master: null,
  };
  masterAddress: string | null = null;

  readonly #offsets = new Map<string, ConsumerOffset>();
  readonly #open = new Set<ConnectionId>();
  #offsetVersion = 0;
  #delayProgress: DelayProgress[] = [];
  #lastConnection = 0;
  #onBatch: (batch: UpBatch) => void = () => undefined;

  constructor(
    ports: ListenPorts = { listenPort: 10911, fastListenPort: 10909, haListenPort: 10912 },
  ) {
    this.ports = ports;
  }

  async listen(onBatch: (batch: UpBatch) => void): Promise<ListenPorts> {
    this.#onBatch = onBatch;
    this.listening = true;
    return this.ports;
  }

  /** Hands a batch up, as the loops would. */
  deliver(batch: Partial<UpBatch>): void {
    this.#onBatch({ ...emptyBatch(), ...batch });
  }

  /** Opens a connection and tells the control plane. */
  open(remoteAddress = '127.0.0.1:50000', fastPort = false): ConnectionId {
    this.#lastConnection += 1;
    const connection = this.#lastConnection as ConnectionId;
    this.#open.add(connection);
    this.deliver({ opened: [{ connection, remoteAddress, fastPort }] });
    return connection;
  }

  /** Ends a connection from the client's side. */
  disconnect(connection: ConnectionId): void {
    if (this.#open.delete(connection)) this.deliver({ closed: [connection] });
  }

  publish(delta: PolicyDelta): number {
    if (delta.broker !== null) this.broker = delta.broker;
    for (const topic of delta.topics) this.topics.set(topic.name, topic);
    for (const name of delta.removedTopics) this.topics.delete(name);
    for (const group of delta.groups) this.groups.set(group.name, group);
    for (const name of delta.removedGroups) this.groups.delete(name);
    for (const group of delta.liveGroups) this.liveGroups.set(group.name, group);
    for (const name of delta.removedLiveGroups) this.liveGroups.delete(name);
    this.policyVersion += 1;
    return this.policyVersion;
  }

  resolveWanted(kind: 'topic' | 'group', name: string, denial: Denial | null): void {
    const resolution = { kind, name, denial, policyVersion: this.policyVersion };
    this.resolutions.push(resolution);
    this.onResolve(resolution);
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    if (!this.#open.has(connection)) return;
    const sent = { connection, frame };
    this.sent.push(sent);
    this.onSend(sent);
  }

  closeConnection(connection: ConnectionId): void {
    if (!this.#open.delete(connection)) return;
    this.onCloseConnection(connection);
    queueMicrotask(() => this.deliver({ closed: [connection] }));
  }

  queueBounds(topic: string): QueueBounds[] {
    return this.bounds.get(topic) ?? [];
  }

  consumerOffsets(): ConsumerOffsets {
    return { version: this.#offsetVersion, offsets: [...this.#offsets.values()] };
  }

  groupOffsets(group: string): ConsumerOffset[] {
    return [...this.#offsets.values()].filter((each) => each.group === group);
  }

  topicGroups(topic: string): string[] {
    const found = [...this.#offsets.values()].filter((each) => each.topic === topic);
    return [...new Set(found.map(({ group }) => group))];
  }

  setConsumerOffsets(offsets: ConsumerOffset[]): void {
    for (const each of offsets) {
      this.#offsets.set(`${each.topic}@${each.group}@${each.queueId}`, each);
    }
    this.#offsetVersion += 1;
  }

  advanceConsumerOffsets(offsets: ConsumerOffset[]): void {
    const offsetOf = ({ topic, group, queueId }: ConsumerOffset): number =>
      this.#offsets.get(`${topic}@${group}@${queueId}`)?.offset ?? -1;
    this.setConsumerOffsets(offsets.filter((each) => each.offset > offsetOf(each)));
  }

  resetConsumerOffsets(offsets: ConsumerOffset[]): void {
    this.resets.push(...offsets);
    this.setConsumerOffsets(offsets);
  }

  eraseGroupOffsets(group: string): void {
    this.#eraseOffsets((each) => each.group === group);
  }

  delayProgress(): DelayProgress[] {
    return this.#delayProgress;
  }

  setDelayProgress(progress: DelayProgress[]): void {
    this.#delayProgress = progress;
  }

  searchOffset(topic: string, queueId: number, timestampMs: number): number {
    const queue = this.queueBounds(topic).find((each) => each.queueId === queueId);
    const times = this.storeTimes.get(`${topic}@${queueId}`) ?? [];
    const index = times.findIndex((storedMs) => storedMs >= timestampMs);
    return index < 0 ? (queue?.maxOffset ?? 0) : (queue?.minOffset ?? 0) + index;
  }

  storeTimestamps(asked: StoredMessage[]): number[] {
    return asked.map(({ topic, queueId, offset }) => {
      const queue = this.queueBounds(topic).find((each) => each.queueId === queueId);
      if (queue === undefined || offset < queue.minOffset || offset >= queue.maxOffset) return 0;
      const times = this.storeTimes.get(`${topic}@${queueId}`) ?? [];
      const isNewest = offset === queue.maxOffset - 1;
      return times[offset - queue.minOffset] ?? (isNewest ? queue.lastUpdateTimestamp : 0);
    });
  }

  queueUnits(topic: string, queueId: number, from: number, count: number): QueueUnits | null {
    const queue = this.queueBounds(topic).find((each) => each.queueId === queueId);
    if (queue === undefined) return null;
    const { minOffset, maxOffset } = queue;
    const first = from - minOffset;
    const all = this.units.get(`${topic}@${queueId}`) ?? [];
    const units = first < 0 ? [] : all.slice(first, first + count);
    return { minOffset, maxOffset, units };
  }

  forwardRecord(connection: ConnectionId, frame: Uint8Array, physicalOffset: number): boolean {
    if (!this.records.has(physicalOffset)) return false;
    this.send(connection, frame);
    return true;
  }

  storedTopics(): string[] {
    return [...this.bounds.keys()];
  }

  async removeExpired(what: 'log' | 'queues'): Promise<void> {
    this.removedExpired.push(what);
  }

  async verifyStore(): Promise<StoreCheck> {
    return await this.storeCheck();
  }

  verifyPosition(): number | null {
    return null;
  }

  askForRepair(knownTopics: string[]): void {
    this.repairsAsked.push(knownTopics);
  }

  async deleteTopic(topic: string): Promise<void> {
    this.deletedTopics.push(topic);
    this.bounds.delete(topic);
    this.#eraseOffsets((each) => each.topic === topic);
  }

  counters(): Counters {
    return this.totals;
  }

  logStatus(): LogStatus {
    return {
      minPhysicalOffset: 0,
      maxPhysicalOffset: 0,
      flushedPhysicalOffset: 0,
      readablePhysicalOffset: 0,
      dispatchBehindBytes: 0,
      earliestMessageTimestamp: 0,
      diskUsedRatio: 0,
      queueDiskUsedRatio: 0,
      poisoned: null,
    };
  }

  setMasterAddress(address: string | null): void {
    this.masterAddress = address;
  }

  replicationStatus(): ReplicationStatus {
    return this.replication;
  }

  async close(): Promise<void> {
    this.listening = false;
    this.closed = true;
    this.#open.clear();
  }

  #eraseOffsets(matches: (offset: ConsumerOffset) => boolean): void {
    for (const [key, each] of this.#offsets) if (matches(each)) this.#offsets.delete(key);
    this.#offsetVersion += 1;
  }
}

/**
 * One broker's control plane: everything but the messages, which the data plane moves.
 * The composition root: the only file that knows every part.
 *
 * Start: open the store (which recovers it), load the metadata, hand offsets and policy down,
 * listen, register with the name servers. Stop, in reverse: leave the name servers, finish what
 * was asked, save, close the data plane. Invariants: no request is taken before metadata and
 * policy are in force; offsets are saved after the last request and before the store closes.
 */
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { DataPlane, DataPlaneOptions } from '../dataplane/data-plane.ts';
import { PolicyDraft } from '../dataplane/policy.ts';
import type { Logger } from '../logging/logger.ts';
import { MASTER_ID } from '../model/broker-identity.ts';
import { parseNameServers } from '../model/name-server-address.ts';
import type { SubscriptionGroupConfig } from '../model/subscription-group.ts';
import type { TopicConfig } from '../model/topic-config.ts';
import { topicNameFault } from '../model/topic-name.ts';
import { unregisterBrokerRequest } from '../remoting/commands/unregister-broker.ts';
import type { RemotingCommand } from '../remoting/remoting-command.ts';
import { ClientCalls } from './clients/client-calls.ts';
import { Connections } from './clients/connections.ts';
import { type ConsumerGroup, ConsumerGroups, isBroadcasting } from './clients/consumer-groups.ts';
import { liveGroupPolicy } from './clients/live-group-policy.ts';
import { ProducerGroups } from './clients/producer-groups.ts';
import { Groups } from './groups/groups.ts';
import { RefusedPeers } from './ha/refused-peers.ts';
import { takeOffsetsOfSlaves } from './ha/returning-offsets.ts';
import { checkRole, isSlave } from './ha/role.ts';
import { Slave } from './ha/slave.ts';
import { Intake } from './intake.ts';
import { Offsets } from './offsets/offsets.ts';
import { Outbox } from './outbox.ts';
import { NameServers } from './outer/name-servers.ts';
import { registerRequest, singleTopicRequest } from './outer/register-request.ts';
import { brokerHandlers } from './processors/handlers.ts';
import type { BrokerParts } from './processors/parts.ts';
import { QueueLocks } from './rebalance/queue-locks.ts';
import { RequestModes } from './rebalance/request-modes.ts';
import { parseDelayLevels } from './schedule/delay-levels.ts';
import { Delays } from './schedule/delay-progress.ts';
import { brokerPolicy } from './settings/broker-policy.ts';
import { dataPlaneOptions } from './settings/data-plane-options.ts';
import { type BrokerIdentity, brokerIdentity } from './settings/identity.ts';
import { LiveSettings } from './settings/live-settings.ts';
import { SAMPLE_INTERVAL_MS } from './stats/rate-window.ts';
import { Traffic } from './stats/traffic.ts';
import { Timers } from './timers.ts';
import { systemTopicSettings } from './topics/system-topic-settings.ts';
import { SystemTopics } from './topics/system-topics.ts';
import { Topics } from './topics/topics.ts';

const EXPIRY_SCAN_MS = 10_000;
const LOCK_SCAN_MS = 1000;
/** Bounds that RocketMQ puts around `registerNameServerPeriod`. */
const REGISTER_PERIOD_MIN_MS = 10_000;
const REGISTER_PERIOD_MAX_MS = 60_000;

export interface BrokerOptions {
  settings: Settings;
  openDataPlane: (options: DataPlaneOptions) => Promise<DataPlane>;
  log: Logger;
  now?: () => number;
}

export class Broker {
  readonly identity: BrokerIdentity;
  readonly #parts: BrokerParts;
  readonly #outbox: Outbox;
  readonly #draft: PolicyDraft;
  readonly #nameServers: NameServers;
  /** Null in a master. */
  readonly #slave: Slave | null;
  readonly #timers: Timers;
  /** Begins the wait for the next registration anew. */
  #registerLater: () => void = () => undefined;
  readonly #intake: Intake;
  readonly #log: Logger;
  #stopping: Promise<void> | null = null;

  /** Resolves when the broker serves and every name server that is there knows it. */
  static async start(options: BrokerOptions): Promise<Broker> {
    const { settings, log } = options;
    checkServable(settings);
    const dataPlane = await options.openDataPlane(dataPlaneOptions(settings));
    log.info({ recovery: dataPlane.recovery }, 'store opened');
    const broker = new Broker(options, dataPlane);
    try {
      await broker.#load();
      await broker.#serve();
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  private constructor(options: BrokerOptions, dataPlane: DataPlane) {
    const { settings, log } = options;
    this.#log = log;
    this.#draft = new PolicyDraft();
    this.#timers = new Timers(log);
    this.identity = brokerIdentity(settings, settings.integer('listenPort'));
    this.#outbox = new Outbox(dataPlane, this.#draft, (group) => this.#notifyMembers(group));
    this.#parts = this.#makeParts(options, dataPlane);
    this.#nameServers = new NameServers({
      addresses: parseNameServers(settings.text('namesrvAddr')),
      registerRequests: (names) => this.#registerRequests(names),
      unregisterRequest: () => {
        const { clusterName, brokerName, brokerId, address } = this.identity;
        return unregisterBrokerRequest({ clusterName, brokerName, brokerId, brokerAddr: address });
      },
      timeoutMs: () => settings.integer('registerBrokerTimeoutMills'),
      onOrderTopics: (topics) => this.#background(this.#parts.topics.markOrdered(topics)),
      onMaster: (master) => this.#slave?.told(master),
      log,
    });
    this.#slave = isSlave(settings) ? this.#makeSlave() : null;
    this.#intake = new Intake(this.#parts, brokerHandlers(this.#parts), this.#outbox);
  }

  /** Idempotent; resolves when nothing of the broker is left: no port, file, timer or socket. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #makeParts(options: BrokerOptions, dataPlane: DataPlane): BrokerParts {
    const { settings, log, now = Date.now } = options;
    const file = (name: string): string => join(settings.text('storePathRootDir'), 'config', name);
    const systemTopics = new SystemTopics(systemTopicSettings(settings));
    const topicOptions = {
      path: file('topics.json'),
      system: systemTopics,
      now,
      autoCreateTopicEnable: () => settings.boolean('autoCreateTopicEnable'),
      onFault: (error: unknown) => log.error({ err: error }, 'writing topics.json failed'),
    };
    const groupOptions = {
      path: file('subscriptionGroup.json'),
      now,
      autoCreateSubscriptionGroup: () => settings.boolean('autoCreateSubscriptionGroup'),
    };
    return {
      settings,
      liveSettings: new LiveSettings(settings, now, () => this.#settingsChanged()),
      identity: this.identity,
      dataPlane,
      systemTopics,
      topics: new Topics(topicOptions, {
        changed: (topic) => this.#topicChanged(topic),
        removed: (name) => {
          this.#decided(() => this.#draft.removeTopic(name));
          this.#background(this.#nameServers.registerAll());
        },
      }),
      groups: new Groups(groupOptions, {
        changed: (group) => this.#decided(() => this.#draftGroup(group)),
        removed: (name) => this.#decided(() => this.#draft.removeGroup(name)),
      }),
      consumers: new ConsumerGroups(now, {
        membersChanged: (group) => this.#membersChanged(group),
        policyChanged: (name) => this.#publishLiveGroup(name),
      }),
      producers: new ProducerGroups(now),
      connections: new Connections(),
      clientCalls: new ClientCalls((connection, frame) => this.#outbox.send(connection, frame)),
      locks: new QueueLocks(now, (group) => this.#publishLiveGroup(group)),
      requestModes: new RequestModes(file('messageRequestMode.json')),
      offsets: new Offsets(file('consumerOffset.json'), dataPlane, now),
      delays: new Delays(file('delayOffset.json'), dataPlane, now),
      traffic: new Traffic(() => dataPlane.counters(), now, this.identity.clusterName),
      publish: () => this.#outbox.publish(),
      register: () => this.#nameServers.registerUntold(),
      registerAll: () => this.#nameServers.registerAll(),
      routeOf: (topic) => this.#nameServers.routeOf(topic),
      now,
      startedMs: now(),
      log,
    };
  }

  #makeSlave(): Slave {
    const { settings, identity } = this.#parts;
    return new Slave({
      ...this.#parts,
      ownAddress: identity.address,
      fixedHaAddress: settings.textOrNull('haMasterAddress'),
    });
  }

  async #load(): Promise<void> {
    const { topics, groups, offsets, delays, requestModes } = this.#parts;
    const onRejected = (path: string, reason: string): void => {
      this.#log.error({ path, reason }, 'a metadata file cannot be used, taking its backup');
    };
    await Promise.all(
      [topics, groups, offsets, delays, requestModes].map((each) => each.load(onRejected)),
    );
    this.#draft.setBroker(brokerPolicy(this.#parts.settings, this.identity));
    for (const topic of topics.table().topics) this.#draft.setTopic(topic);
    for (const group of groups.table().groups) this.#draftGroup(group);
    this.#outbox.publish();
    if (this.#slave === null) await this.#takeOffsetsOfSlaves();
  }

  /** No request has been taken yet: consumers begin where they really are. */
  async #takeOffsetsOfSlaves(): Promise<void> {
    const { clusterName, brokerName, address } = this.identity;
    const members = await this.#nameServers.members(clusterName, brokerName);
    const slaves = [...members].filter(([id, member]) => id !== MASTER_ID && member !== address);
    const addresses = slaves.map(([, member]) => member);
    await takeOffsetsOfSlaves(addresses, this.#parts, this.#log);
  }

  async #serve(): Promise<void> {
    const { settings, dataPlane } = this.#parts;
    await dataPlane.listen((batch) => this.#intake.take(batch));
    await this.#nameServers.start();
    const every = this.#timers.every.bind(this.#timers);
    const period = (key: string) => (): number => settings.integer(key);
    this.#registerLater = every(registerPeriod(settings), 'registering', () =>
      this.#nameServers.registerAll(),
    );
    every(period('flushConsumerOffsetInterval'), 'saving offsets', () =>
      this.#parts.offsets.save(),
    );
    every(period('flushDelayOffsetInterval'), 'saving delays', () => this.#parts.delays.save());
    every(
      () => SAMPLE_INTERVAL_MS,
      'sampling',
      () => this.#parts.traffic.sample(),
    );
    every(
      () => EXPIRY_SCAN_MS,
      'expiring clients',
      () => this.#expireClients(),
    );
    every(
      () => LOCK_SCAN_MS,
      'expiring locks',
      () => this.#parts.locks.expire(),
    );
    this.#slave?.start(this.#timers);
    if (this.#slave === null) new RefusedPeers(dataPlane, this.#log).start(this.#timers);
  }

  async #stop(): Promise<void> {
    const { topics, groups, offsets, delays, dataPlane, clientCalls } = this.#parts;
    await this.#timers.stop();
    await this.#slave?.stop();
    await this.#nameServers.stop();
    clientCalls.close();
    await this.#intake.stop();
    this.#outbox.flush();
    this.#outbox.close();
    // The offsets are taken in the very turn in which the loops are told to stop.
    const ends = [topics.close(), groups.close(), offsets.save(), delays.save(), dataPlane.close()];
    const failed = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** A change that must reach the data plane at the end of this turn. */
  #decided(decide: () => void): void {
    decide();
    this.#outbox.schedule();
  }

  #topicChanged(topic: TopicConfig): void {
    this.#decided(() => this.#draft.setTopic(topic));
    this.#nameServers.topicChanged(topic.topicName);
    this.#background(this.#nameServers.registerUntold());
  }

  #registerRequests(names: ReadonlySet<string> | null): RemotingCommand[] {
    const { settings, topics } = this.#parts;
    const permission = settings.integer('brokerPermission');
    const { dataVersion } = topics;
    if (names === null) {
      const whole = { topics: topics.table().topics, dataVersion, isPart: false };
      return [registerRequest(this.identity, whole, permission)];
    }
    const changed = [...names].flatMap((name) => topics.find(name) ?? []);
    if (settings.boolean('enableSingleTopicRegister')) {
      return changed.map((topic) => singleTopicRequest(this.identity, topic, permission));
    }
    return [
      registerRequest(this.identity, { topics: changed, dataVersion, isPart: true }, permission),
    ];
  }

  #settingsChanged(): void {
    this.#publishBroker();
    this.#registerLater();
  }

  #publishBroker(): void {
    const policy = brokerPolicy(this.#parts.settings, this.identity);
    this.#decided(() => this.#draft.setBroker(policy));
  }

  #draftGroup(group: SubscriptionGroupConfig): void {
    this.#draft.setGroup(group, this.#parts.groups.forbiddenTopics(group.groupName));
  }

  #publishLiveGroup(name: string): void {
    const group = this.#parts.consumers.find(name);
    this.#decided(() => {
      if (group === null) this.#draft.removeLiveGroup(name);
      else this.#draft.setLiveGroup(liveGroupPolicy(group, this.#parts.locks.holdsAny(name)));
    });
  }

  #membersChanged(group: ConsumerGroup): void {
    const wanted =
      this.#parts.settings.boolean('notifyConsumerIdsChangedEnable') &&
      this.#parts.groups.find(group.name)?.notifyConsumerIdsChangedEnable !== false;
    if (wanted && !isBroadcasting(group)) this.#outbox.membersChanged(group.name);
  }

  #notifyMembers(name: string): void {
    for (const member of this.#parts.consumers.find(name)?.members.values() ?? []) {
      this.#parts.clientCalls.notifyGroupChanged(member.connection, name);
    }
  }

  #expireClients(): void {
    const { consumers, producers, dataPlane } = this.#parts;
    for (const connection of new Set([...consumers.expire(), ...producers.expire()])) {
      this.#log.warn({ connection }, 'a client stopped beating');
      dataPlane.closeConnection(connection);
    }
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#log.error({ err: error }, 'background work failed'));
  }
}

/** What would be promised and not kept is refused before the store is touched. */
function checkServable(settings: Settings): void {
  checkRole(settings);
  parseDelayLevels(settings.text('messageDelayLevel'));
  for (const key of ['brokerName', 'brokerClusterName']) {
    const fault = topicNameFault(settings.text(key));
    if (fault !== null) throw new Error(`${key} is also a topic. ${fault}`);
  }
}

function registerPeriod(settings: Settings): () => number {
  return () =>
    Math.max(
      REGISTER_PERIOD_MIN_MS,
      Math.min(settings.integer('registerNameServerPeriod'), REGISTER_PERIOD_MAX_MS),
    );
}

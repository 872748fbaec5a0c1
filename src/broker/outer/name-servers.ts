/**
 * All that this broker says to name servers (Java BrokerOuterAPI), each of which stands alone.
 *
 * Invariants: one lasting connection to each; a name server is told of this broker whenever its
 * connection comes up, whenever a topic changes and every `registerNameServerPeriod`; at most
 * one registration of each is under way, and any number asked for meanwhile become one more; one
 * that is down or mute never delays another one, nor a caller beyond {@link PATIENCE_MS}.
 *
 * A change is told as the changed topics alone (Java registerIncrementBrokerData), for 20,000
 * topics made one by one would else be told 200 million times; only to a name server that took
 * everything before it, over this connection, else it is told all topics.
 */
import type { Logger } from '../../logging/logger.ts';
import type { QueueData } from '../../model/route.ts';
import { decodeBrokerMemberGroup } from '../../remoting/bodies/broker-member-group.ts';
import { readQueueDatas } from '../../remoting/bodies/topic-route.ts';
import { RemotingClient } from '../../remoting/client.ts';
import { getBrokerMemberGroupRequest } from '../../remoting/commands/get-broker-member-group.ts';
import { getRouteInfoRequest } from '../../remoting/commands/get-route-info.ts';
import { AnswerError, ConnectError } from '../../remoting/errors.ts';
import { asObject, parseJson, textMapMember } from '../../remoting/fastjson.ts';
import type { RemotingCommand } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';

/** How long a request that changes a topic waits for name servers to know of it. */
const PATIENCE_MS = 1000;
const UNREGISTER_TIMEOUT_MS = 1000;

/** What a name server answers to a registration: the live master of this slave's set. */
export interface MasterAddresses {
  readonly masterAddr: string | null;
  readonly haServerAddr: string | null;
}

export interface NameServersOptions {
  addresses: readonly string[];
  /** What tells these topics, or with null all of them. */
  registerRequests: (topics: ReadonlySet<string> | null) => readonly RemotingCommand[];
  unregisterRequest: () => RemotingCommand;
  timeoutMs: () => number;
  /** Topics for which a name server holds an order configuration. */
  onOrderTopics: (topics: string[]) => void;
  onMaster: (master: MasterAddresses) => void;
  log: Logger;
}

interface Registration {
  running: Promise<void> | null;
  /** False until the running one has taken its content: who asks until then is served by it. */
  started: boolean;
  next: Promise<void> | null;
  /** What this name server has not been told; null for all topics. */
  untold: Set<string> | null;
  /** Whether the running one tells changes only. */
  tellsPart: boolean;
  /** Whether the last attempt failed, so that a change is logged and not every attempt. */
  failing: boolean;
}

export class NameServers {
  readonly #options: NameServersOptions;
  readonly #client: RemotingClient;
  readonly #registrations = new Map<string, Registration>();
  /** Until then a connection only asks: nobody may be sent to a broker that does not serve. */
  #started = false;
  #stopped = false;

  constructor(options: NameServersOptions) {
    this.#options = options;
    for (const address of options.addresses) {
      this.#registrations.set(address, {
        running: null,
        started: false,
        next: null,
        untold: null,
        tellsPart: false,
        failing: false,
      });
    }
    this.#client = new RemotingClient(
      {},
      {
        onConnected: (address) => this.#onConnected(address),
        onDisconnected: (address, reason) => {
          if (!this.#stopped)
            options.log.warn({ address, reason }, 'lost the connection to a name server');
        },
      },
    );
  }

  /** Dials and registers with all of them; resolves when each answered or failed, or in 1 s. */
  async start(): Promise<void> {
    this.#started = true;
    for (const address of this.#options.addresses) this.#client.keep(address);
    await this.#all((address) => this.#register(address));
  }

  /** Tells every connected name server all topics; resolves when they answered, or in 1 s. */
  async registerAll(): Promise<void> {
    for (const registration of this.#registrations.values()) registration.untold = null;
    await this.registerUntold();
  }

  /** Notes that a topic changed, for `registerUntold`. */
  topicChanged(topic: string): void {
    for (const { untold } of this.#registrations.values()) untold?.add(topic);
  }

  /** Tells every connected name server what changed; resolves when they answered, or in 1 s. */
  async registerUntold(): Promise<void> {
    if (this.#stopped) return;
    await this.#all(async (address) => {
      if (this.#client.isConnected(address)) await this.#register(address);
    });
  }

  /** Addresses of a broker set by id, as far as name servers tell them within 1 s. */
  async members(clusterName: string, brokerName: string): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    await this.#all(async (address) => {
      try {
        const request = getBrokerMemberGroupRequest({ clusterName, brokerName });
        const answer = await this.#client.call(address, request, PATIENCE_MS);
        for (const [id, member] of decodeBrokerMemberGroup(answer.body)) found.set(id, member);
      } catch (error) {
        this.#options.log.warn({ address, err: error }, 'a name server did not name the set');
      }
    });
    return found;
  }

  /** Queues of the topic in the whole cluster; null when no name server tells them within 1 s. */
  async routeOf(topic: string): Promise<QueueData[] | null> {
    for (const address of this.#options.addresses) {
      if (!this.#client.isConnected(address)) continue;
      try {
        const request = getRouteInfoRequest(topic);
        const answer = await this.#client.call(address, request, PATIENCE_MS);
        return readQueueDatas(asObject(parseJson(answer.body), 'a route'));
      } catch (error) {
        if (error instanceof AnswerError) return null;
        this.#options.log.warn({ address, err: error }, 'a name server did not tell a route');
      }
    }
    return null;
  }

  /** Says goodbye to the connected ones and closes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#all(async (address) => {
      if (!this.#client.isConnected(address)) return;
      const request = this.#options.unregisterRequest();
      await this.#client.call(address, request, UNREGISTER_TIMEOUT_MS).catch((error: unknown) => {
        this.#options.log.warn({ address, err: error }, 'a name server took no goodbye');
      });
    });
    await this.#client.close();
  }

  #onConnected(address: string): void {
    const registration = this.#registrations.get(address);
    if (registration === undefined) return;
    // A whole registration under way waits in this very socket.
    if (registration.running !== null && !registration.tellsPart) return;
    registration.untold = null;
    if (!this.#started || this.#stopped) return;
    void this.#register(address);
  }

  async #all(act: (address: string) => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    const acts = [...this.#registrations.keys()].map(act);
    await Promise.race([Promise.all(acts), impatience]);
    clearTimeout(timer);
  }

  /** Never rejects: a failure is logged once and mended by the next attempt. */
  #register(address: string): Promise<void> {
    const registration = this.#registrations.get(address);
    if (registration === undefined) return Promise.resolve();
    if (registration.running !== null && !registration.started) return registration.running;
    if (registration.running === null) {
      registration.started = false;
      registration.running = this.#attempt(address, registration).finally(() => {
        registration.running = null;
      });
      return registration.running;
    }
    registration.next ??= registration.running.then(() => {
      registration.next = null;
      return this.#stopped ? undefined : this.#register(address);
    });
    return registration.next;
  }

  async #attempt(address: string, registration: Registration): Promise<void> {
    // Changes come in clusters: all of one turn go into one registration.
    await new Promise((resolve) => setImmediate(resolve));
    registration.started = true;
    const topics = registration.untold;
    if (topics?.size === 0) return;
    registration.untold = new Set();
    registration.tellsPart = topics !== null;
    try {
      await this.#tell(address, topics);
      if (registration.failing) this.#options.log.info({ address }, 'registered again');
      registration.failing = false;
    } catch (error) {
      registration.untold = null;
      // One that forgot this broker refuses a part of it, and takes the whole.
      if (topics !== null && error instanceof AnswerError) {
        return await this.#attempt(address, registration);
      }
      this.#noteFailure(address, registration, error);
    }
  }

  async #tell(address: string, topics: ReadonlySet<string> | null): Promise<void> {
    const requests = this.#options.registerRequests(topics);
    const timeoutMs = this.#options.timeoutMs();
    const told = requests.map(async (request) => {
      const answer = await this.#client.call(address, request, timeoutMs);
      if (request.code === RequestCode.REGISTER_BROKER) this.#takeAnswer(answer);
    });
    const failed = (await Promise.allSettled(told)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  #takeAnswer(answer: RemotingCommand): void {
    this.#takeOrderTopics(answer);
    this.#options.onMaster({
      masterAddr: answer.extFields.get('masterAddr') ?? null,
      haServerAddr: answer.extFields.get('haServerAddr') ?? null,
    });
  }

  #noteFailure(address: string, registration: Registration, error: unknown): void {
    if (this.#stopped || registration.failing) return;
    registration.failing = true;
    const what = error instanceof ConnectError ? 'is not there' : 'refused or did not answer';
    this.#options.log.warn({ address, err: error }, `name server ${what}; trying on`);
  }

  #takeOrderTopics(answer: RemotingCommand): void {
    if (answer.body.length === 0) return;
    const table = textMapMember(asObject(parseJson(answer.body), 'the answer'), 'table');
    if (table !== null && table.size > 0) this.#options.onOrderTopics([...table.keys()]);
  }
}

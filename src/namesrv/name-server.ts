/**
 * The name server: route table, key-value pairs and a remoting server around them (Java
 * `NamesrvController`). Composition root of this folder.
 *
 * Invariants: several name servers share nothing; a request is served only after the key-value
 * file is loaded; `stop` answers what is in flight, then releases the port and every timer.
 * Refuses codes that RocketMQ's name server does not serve with 3.
 */
import { performance } from 'node:perf_hooks';
import type { Settings } from '../config/settings.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Logger } from '../logging/logger.ts';
import { RemotingClient } from '../remoting/client.ts';
import {
  type MinBrokerIdChange,
  notifyMinBrokerIdChangeRequest,
} from '../remoting/commands/notify-min-broker-id-change.ts';
import { type Connection, RemotingServer } from '../remoting/server.ts';
import { KvConfig } from './kv-config.ts';
import { Liveness } from './liveness.ts';
import { configHandlers } from './processors/config.ts';
import type { NameServerContext } from './processors/context.ts';
import { kvHandlers } from './processors/kv.ts';
import { registrationHandlers } from './processors/registration.ts';
import { routeHandlers } from './processors/routes.ts';
import { topicHandlers } from './processors/topics.ts';
import { RouteTable } from './route-table.ts';

export interface NameServerOptions {
  settings: Settings;
  logger: Logger;
  /** The file of `-c`, null without one. */
  configFile: string | null;
  /** Monotonic milliseconds; tests give their own. */
  now?: () => number;
}

export class NameServer {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #routes: RouteTable;
  readonly #server: RemotingServer;
  readonly #client: RemotingClient;
  readonly #lifecycle: Lifecycle;
  #port = 0;

  constructor(options: NameServerOptions) {
    const { settings, logger, configFile, now = () => performance.now() } = options;
    this.#settings = settings;
    this.#logger = logger;
    this.#client = new RemotingClient({ connectTimeoutMs: 300, idleMs: 120_000 });
    this.#routes = new RouteTable({
      now,
      deleteTopicWithBrokerRegistration: () =>
        settings.boolean('deleteTopicWithBrokerRegistration'),
      onMinBrokerIdChange: (addresses, change) => this.#notify(addresses, change),
    });
    const kv = new KvConfig(settings.text('kvConfigPath'), logger);
    const startedMs = now();
    this.#server = this.#createServer({
      routes: this.#routes,
      kv,
      settings,
      logger,
      configFile,
      uptimeMs: () => now() - startedMs,
    });
    this.#lifecycle = this.#createLifecycle(kv);
  }

  /** The port it listens on, once started. */
  get port(): number {
    return this.#port;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  #createServer(context: NameServerContext): RemotingServer {
    const handlers = new Map([
      ...registrationHandlers(context),
      ...routeHandlers(context),
      ...topicHandlers(context),
      ...kvHandlers(context),
      ...configHandlers(context),
    ]);
    const settings = this.#settings;
    const options = {
      bindAddress: settings.text('bindAddress'),
      port: settings.integer('listenPort'),
      backlog: settings.integer('serverSocketBacklog'),
      idleMs: settings.integer('serverChannelMaxIdleTimeSeconds') * 1000,
    };
    return new RemotingServer(options, handlers, {
      onFault: (error, request) =>
        this.#logger.error({ err: error, code: request.code }, 'request failed'),
      onClose: (connection, reason) => this.#connectionClosed(connection, reason),
    });
  }

  #createLifecycle(kv: KvConfig): Lifecycle {
    const interval = (): number => this.#settings.integer('scanNotActiveBrokerInterval');
    const liveness = new Liveness(this.#routes, interval, this.#logger);
    return new Lifecycle([
      { name: 'notifier', start: () => undefined, stop: () => this.#client.close() },
      { name: 'key-value pairs', start: () => kv.load(), stop: () => kv.settled() },
      { name: 'liveness', start: () => liveness.start(), stop: () => liveness.stop() },
      { name: 'server', start: () => this.#listen(), stop: () => this.#server.close() },
    ]);
  }

  async #listen(): Promise<void> {
    this.#port = await this.#server.listen();
  }

  #connectionClosed(connection: Connection, reason: string): void {
    for (const broker of this.#routes.connectionClosed(connection)) {
      this.#logger.info({ ...broker, reason }, 'broker removed: its connection ended');
    }
  }

  #notify(addresses: readonly string[], change: MinBrokerIdChange): void {
    if (!this.#settings.boolean('notifyMinBrokerIdChanged')) {
      return;
    }
    for (const address of addresses) {
      this.#client
        .oneway(address, notifyMinBrokerIdChangeRequest(change))
        .catch((err: unknown) => this.#logger.warn({ err, address }, 'broker not notified'));
    }
  }
}

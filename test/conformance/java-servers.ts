/** Servers of the real RocketMQ 5.3.3, each to be killed and started again at its own address. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { becomes } from '../integration/pair.ts';
import { type Service, startService } from '../oracle/child-process.ts';
import { freePort } from '../oracle/free-port.ts';
import { classPath, JVM_FLAGS } from '../oracle/java.ts';
import { type Properties, propertiesText } from '../oracle/properties-text.ts';

const bootLimitMs = 60_000;

class JavaServer {
  readonly address: string;
  protected readonly home: string;
  readonly #main: string;
  readonly #ready: RegExp;
  #service: Service | null = null;

  constructor(home: string, port: number, main: string, ready: RegExp) {
    this.address = `127.0.0.1:${port}`;
    this.home = home;
    this.#main = `org.apache.rocketmq.${main}`;
    this.#ready = ready;
    mkdirSync(home, { recursive: true });
  }

  protected configure(properties: Properties): void {
    writeFileSync(this.#file, propertiesText(properties));
  }

  get #file(): string {
    return join(this.home, 'server.properties');
  }

  async start(): Promise<void> {
    const libraries = await classPath('server-5.3.3');
    const home = `-Duser.home=${this.home}`;
    const args = [...JVM_FLAGS, home, '-cp', libraries, this.#main, '-c', this.#file];
    const env = { ROCKETMQ_HOME: this.home };
    const launch = { command: 'java', args, cwd: this.home, env, limit_ms: bootLimitMs };
    this.#service = await startService(launch, this.#ready);
  }

  async kill(): Promise<void> {
    await this.#service?.kill();
    this.#service = null;
  }
}

export class JavaNameServer extends JavaServer {
  static async create(folder: string): Promise<JavaNameServer> {
    const port = await freePort();
    const home = join(folder, `java-namesrv-${port}`);
    const main = 'namesrv.NamesrvStartup';
    const server = new JavaNameServer(home, port, main, /The Name Server boot success/);
    server.configure({ listenPort: port, kvConfigPath: join(home, 'kvConfig.json') });
    return server;
  }
}

export class JavaBroker extends JavaServer {
  get store(): string {
    return join(this.home, 'store');
  }

  /** Member of the set broker-a. */
  static async create(folder: string, settings: Properties): Promise<JavaBroker> {
    const port = await freePort([-2, 1]);
    const home = join(folder, `java-broker-${port}`);
    const main = 'broker.BrokerStartup';
    const server = new JavaBroker(home, port, main, /The broker\[.*\] boot success/);
    mkdirSync(server.store);
    server.configure({
      ...{ brokerClusterName: 'DefaultCluster', brokerName: 'broker-a' },
      ...{ brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1' },
      ...{ listenPort: port, haListenPort: port + 1, storePathRootDir: server.store },
      ...{ storePathCommitLog: join(server.store, 'commitlog'), waitTimeMillsInSendQueue: 10_000 },
      ...settings,
    });
    return server;
  }

  /**
   * Resolves once it answers what its figures are: for a second after it says that it has booted
   * it fails at that with a NoSuchElementException, having none yet.
   */
  override async start(): Promise<void> {
    await super.start();
    const client = new RemotingClient();
    try {
      await becomes(bootLimitMs, 'the broker has figures', async () => {
        const request = createRequest(RequestCode.GET_BROKER_RUNTIME_INFO);
        await client.call(this.address, request);
        return true;
      });
    } finally {
      await client.close();
    }
  }
}

/** Our servers as processes of their own, each to be killed, stopped and started again alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Launch, type Service, startService, startUntil } from '../oracle/child-process.ts';
import { freePort } from '../oracle/free-port.ts';
import { projectRoot } from '../oracle/project-folders.ts';

const bootLimitMs = 15_000;
const stopLimitMs = 15_000;
const brokerReady = /The broker.*boot success/;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** One server: the same configuration, folder and address through all its lives. */
export class Server {
  readonly address: string;
  readonly #main: string;
  readonly #arguments: string[];
  readonly #ready: RegExp;
  #service: Service | null = null;

  constructor(main: string, port: number, commandLine: string[], ready: RegExp) {
    this.address = `127.0.0.1:${port}`;
    this.#main = join(projectRoot, 'dist', 'src', 'main', main);
    this.#arguments = commandLine;
    this.#ready = ready;
  }

  get pid(): number {
    if (this.#service === null) throw new Error(`${this.address} is not running`);
    return this.#service.pid;
  }

  output(): string {
    return this.#service?.output() ?? '';
  }

  async start(): Promise<void> {
    this.#service = await startService(this.#launch(), this.#ready);
  }

  /**
   * Starts it and ends it by SIGKILL `afterMs` later; true when it had not got ready by then.
   * Rejects when it had ended by itself.
   */
  async startAndKill(afterMs: number): Promise<boolean> {
    const service = await startUntil(this.#launch(), () => setTimeout(afterMs, true));
    const output = service.output();
    const runs = isRunning(service.pid);
    await service.kill();
    if (!runs) throw new Error(`${this.address} ended by itself:\n${output}`);
    return !this.#ready.test(output);
  }

  #launch(): Launch {
    const args = [this.#main, ...this.#arguments];
    return { command: process.execPath, args, limit_ms: bootLimitMs };
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#service?.kill();
    this.#service = null;
  }

  /** SIGSTOP, until `goOn`; resolves once each of its threads has stopped, which takes a moment. */
  async pause(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    const threads = `/proc/${this.pid}/task`;
    const isStopped = (thread: string): boolean =>
      /\) T /.test(readFileSync(join(threads, thread, 'stat'), 'utf8'));
    while (!readdirSync(threads).every(isStopped)) await setImmediate();
  }

  goOn(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** SIGTERM, as an operator stops it. */
  async stop(): Promise<void> {
    await this.#service?.stop(stopLimitMs);
    this.#service = null;
  }
}

export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A folder with servers in it; `close` ends them all and removes it. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'turbopump-'));
  readonly #servers: Server[] = [];

  async nameServer(): Promise<Server> {
    const port = await freePort();
    const file = this.#write(`namesrv-${port}.properties`, {
      listenPort: port,
      kvConfigPath: join(this.folder, `kv-${port}.json`),
    });
    return this.#begin(new Server('mqnamesrv.js', port, ['-c', file], /boot success/));
  }

  async broker(nameServers: Pick<Server, 'address'>[], settings: Settings = {}): Promise<Server> {
    const port = await freePort([-2, 1]);
    const file = this.#write(`broker-${port}.properties`, {
      brokerName: `broker-${port}`,
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
      listenPort: port,
      haListenPort: port + 1,
      namesrvAddr: nameServers.map((each) => each.address).join(';'),
      storePathRootDir: join(this.folder, `store-${port}`),
      ...settings,
    });
    return this.#begin(new Server('mqbroker.js', port, ['-c', file], brokerReady));
  }

  /** A broker from a file of conf/, under the ports, addresses and folders of this machine. */
  async shipped(name: string, nameServers: Server[], settings: Settings = {}): Promise<Server> {
    const port = await freePort([-2, 1]);
    const own = this.#write(`own-${port}.properties`, {
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
      listenPort: port,
      haListenPort: port + 1,
      namesrvAddr: nameServers.map((each) => each.address).join(';'),
      storePathRootDir: join(this.folder, `store-${port}`),
      ...settings,
    });
    const commandLine = ['-c', join(projectRoot, 'conf', `${name}.properties`), '-c', own];
    return this.#begin(new Server('mqbroker.js', port, commandLine, brokerReady));
  }

  /** The broker's store folder, for looking at its files. */
  storeOf(broker: Server): string {
    return join(this.folder, `store-${broker.address.split(':')[1]}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #begin(server: Server): Promise<Server> {
    this.#servers.push(server);
    await server.start();
    return server;
  }

  #write(name: string, settings: Settings): string {
    const file = join(this.folder, name);
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(file, lines.join(''));
    return file;
  }
}

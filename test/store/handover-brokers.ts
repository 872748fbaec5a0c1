/** One store folder and the two brokers that take turns on it: Java 5.3.3 and ours. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startService } from '../oracle/child-process.ts';
import { classPath, JVM_FLAGS } from '../oracle/java.ts';
import { type ServerFiles, writeServerFiles } from '../oracle/java-cluster.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import { type Properties, propertiesText } from '../oracle/properties-text.ts';

const bootLimitMs = 120_000;
const stopLimitMs = 60_000;
const ready = /The broker\[.*\] boot success/;

export type Kind = 'java' | 'ours';

/**
 * What becomes of the files that are derived from the log, between two brokers: queues, index and
 * checkpoint are gone, or the queues are those of one turn before.
 */
export type Damage = 'none' | 'missing' | 'stale';

/** What a log is written under: an address of IPv4, or of IPv6. */
export type HostFamily = 4 | 6;

export class HandoverStore {
  readonly #files: ServerFiles;
  #running: Service | null = null;
  #turn = 0;

  private constructor(files: ServerFiles) {
    this.#files = files;
  }

  /** A fresh folder; no name server, since the test asks the brokers themselves. */
  static async create(settings: Properties): Promise<HandoverStore> {
    return new HandoverStore(await writeServerFiles({ namesrvAddr: '', ...settings }));
  }

  /** The broker's address as clients of IPv4 and of IPv6 dial it. */
  get addresses(): { v4: string; v6: string } {
    const { brokerPort } = this.#files;
    return { v4: `127.0.0.1:${brokerPort}`, v6: `[::1]:${brokerPort}` };
  }

  get commitLog(): string {
    return this.#path('commitlog');
  }

  /** While no broker runs. Queues are kept as they were, to be stale ones after the next turn. */
  harm(damage: Damage): void {
    const queues = this.#path('consumequeue');
    const kept = (turn: number): string => this.#path(`queues-${turn}`);
    this.#turn += 1;
    if (existsSync(queues)) cpSync(queues, kept(this.#turn), { recursive: true });
    if (damage === 'none') return;
    const gone = damage === 'missing' ? ['index', 'checkpoint'] : [];
    for (const name of ['consumequeue', ...gone]) rmSync(this.#path(name), { recursive: true });
    if (damage === 'stale') cpSync(kept(this.#turn - 1), queues, { recursive: true });
  }

  output(): string {
    return this.#running?.output() ?? '';
  }

  async start(kind: Kind, storeHost: HostFamily): Promise<void> {
    const { folder } = this.#files;
    const settings = ['-c', this.#settings(storeHost)];
    if (kind === 'ours') {
      const main = join(projectRoot, 'dist', 'src', 'main', 'mqbroker.js');
      const args = [main, ...settings];
      const launch = { command: process.execPath, args, limit_ms: bootLimitMs };
      this.#running = await startService(launch, ready);
      return;
    }
    const own = [`-Duser.home=${folder}`, '-cp', await classPath('server-5.3.3')];
    const main = 'org.apache.rocketmq.broker.BrokerStartup';
    this.#running = await startService(
      {
        command: 'java',
        args: [...JVM_FLAGS, ...own, main, ...settings],
        cwd: folder,
        env: { ROCKETMQ_HOME: folder },
        limit_ms: bootLimitMs,
      },
      ready,
    );
  }

  #path(name: string): string {
    return join(this.#files.folder, 'store', name);
  }

  #settings(storeHost: HostFamily): string {
    const file = join(this.#files.folder, 'turn.properties');
    const brokerIP1 = storeHost === 6 ? '::1' : '127.0.0.1';
    const common = readFileSync(this.#files.brokerProperties, 'utf8');
    writeFileSync(file, common + propertiesText({ brokerIP1, bindAddress: '::' }));
    return file;
  }

  /** As an operator stops it, or by SIGKILL. */
  async end(how: 'stop' | 'kill'): Promise<void> {
    if (how === 'stop') await this.#running?.stop(stopLimitMs);
    else await this.#running?.kill();
    this.#running = null;
  }

  async remove(): Promise<void> {
    await this.end('kill');
    rmSync(this.#files.folder, { recursive: true, force: true });
  }
}

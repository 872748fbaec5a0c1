/** A master and its slave of one kind, and their name server, as the brokers of `peers` are run. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AdminClient } from '../src/admin/admin-client.ts';
import { becomes } from '../test/integration/pair.ts';
import { type Service, startService } from '../test/oracle/child-process.ts';
import { writeServerFiles } from '../test/oracle/java-cluster.ts';
import { projectRoot } from '../test/oracle/project-folders.ts';
import type { Properties } from '../test/oracle/properties-text.ts';
import type { Contender } from './peers.ts';

const bootLimitMs = 90_000;
const stopLimitMs = 20_000;
const followLimitMs = 60_000;
const ready = /The broker\[?.*boot success/;
/** Of `/proc/PID/stat`, behind the name in brackets: user and system time. */
const userTimeField = 11;
const ticksPerSecond = 100;

export class BrokerPair {
  readonly name: string;
  readonly #contender: Contender;
  readonly #settings: Properties;
  readonly #folders: string[] = [];
  readonly #services = new Map<'names' | 'master' | 'slave', Service>();
  #admin: AdminClient | null = null;
  #names = '';
  #slaveFolder = '';
  /** Folder of the master's log. */
  masterLog = '';
  master = '';
  slave = '';

  constructor(contender: Contender, settings: Properties) {
    this.name = contender.name;
    this.#contender = contender;
    this.#settings = settings;
  }

  async startMaster(role: 'ASYNC_MASTER' | 'SYNC_MASTER'): Promise<void> {
    const files = await writeServerFiles({});
    this.#folders.push(files.folder);
    const main = join(projectRoot, 'dist', 'src', 'main', 'mqnamesrv.js');
    const args = [main, '-c', files.namesrvProperties];
    const launch = { command: process.execPath, args, limit_ms: bootLimitMs };
    this.#services.set('names', await startService(launch, /boot success/));
    this.#names = `127.0.0.1:${files.nameServerPort}`;
    this.#admin = new AdminClient({ nameServers: [this.#names] });
    this.master = await this.#startBroker('master', { brokerRole: role });
  }

  async startSlave(): Promise<void> {
    this.slave = await this.#startBroker('slave', { brokerRole: 'SLAVE', brokerId: 1 });
  }

  /** Resolves once a slave follows the master's end. */
  async follows(): Promise<void> {
    await becomes(followLimitMs, `${this.name}: the slave follows`, async () => {
      const { slaves } = await this.haStatus();
      return slaves.some(({ diff }) => diff === 0);
    });
  }

  async haStatus() {
    return this.#asker().clusters.haStatus(this.master);
  }

  async logEnd(address: string): Promise<number> {
    const stats = await this.#asker().clusters.runtimeStats(address);
    return Number(stats.get('commitLogMaxOffset'));
  }

  pid(which: 'master' | 'slave'): number {
    return this.#services.get(which)?.pid ?? -1;
  }

  /** CPU time of both brokers since their start. */
  cpuSeconds(): number {
    const ticks = (['master', 'slave'] as const).map((which) => {
      const path = `/proc/${this.pid(which)}/stat`;
      if (!existsSync(path)) return 0;
      const [, fields = ''] = readFileSync(path, 'utf8').split(') ');
      const all = fields.split(' ').map(Number);
      return (all[userTimeField] ?? 0) + (all[userTimeField + 1] ?? 0);
    });
    return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
  }

  /** Ends the slave and removes its files, for another one to begin without any. */
  async stopSlave(): Promise<void> {
    await this.#services.get('slave')?.stop(stopLimitMs);
    rmSync(this.#slaveFolder, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.#admin?.close();
    for (const which of ['slave', 'master', 'names'] as const) {
      await this.#services.get(which)?.stop(stopLimitMs);
    }
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  #asker(): AdminClient {
    if (this.#admin === null) throw new Error(`${this.name} has not been started`);
    return this.#admin;
  }

  async #startBroker(which: 'master' | 'slave', settings: Properties): Promise<string> {
    const shared = { namesrvAddr: this.#names, ...this.#settings, ...this.#contender.settings };
    const files = await writeServerFiles({ ...shared, ...settings });
    this.#folders.push(files.folder);
    const launch = {
      ...(await this.#contender.command(files)),
      cwd: files.folder,
      env: { ROCKETMQ_HOME: files.folder, HOME: files.folder },
      limit_ms: bootLimitMs,
    };
    this.#services.set(which, await startService(launch, ready));
    if (which === 'slave') this.#slaveFolder = files.folder;
    else this.masterLog = join(files.folder, 'store', 'commitlog');
    return `127.0.0.1:${files.brokerPort}`;
  }
}

/** One store folder and the two brokers that take turns on it: Java 5.3.3 and ours. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startService } from '../oracle/child-process.ts';
import { classPath, JVM_FLAGS } from '../oracle/java.ts';
import { type ServerFiles, writeServerFiles } from '../oracle/java-cluster.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import type { Properties } from '../oracle/properties-text.ts';

const bootLimitMs = 120_000;
const stopLimitMs = 60_000;
const ready = /The broker\[.*\] boot success/;

export type Kind = 'java' | 'ours';

export class HandoverStore {
  readonly #files: ServerFiles;
  #running: Service | null = null;

  private constructor(files: ServerFiles) {
    this.#files = files;
  }

  /** A fresh folder; no name server, since the test asks the brokers themselves. */
  static async create(settings: Properties): Promise<HandoverStore> {
    return new HandoverStore(await writeServerFiles({ namesrvAddr: '', ...settings }));
  }

  get address(): string {
    return `127.0.0.1:${this.#files.brokerPort}`;
  }

  get commitLog(): string {
    return join(this.#files.folder, 'store', 'commitlog');
  }

  output(): string {
    return this.#running?.output() ?? '';
  }

  async start(kind: Kind): Promise<void> {
    const { folder, brokerProperties } = this.#files;
    const settings = ['-c', brokerProperties];
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

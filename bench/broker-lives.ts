/**
 * One store folder and the brokers, ours or Java's, that live in it one after the other.
 *
 * Invariant: at most one process at a time; `close` ends it and removes the folder.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RemotingClient } from '../src/remoting/client.ts';
import { AnswerError } from '../src/remoting/errors.ts';
import { createRequest, type RemotingCommand } from '../src/remoting/remoting-command.ts';
import { RequestCode } from '../src/remoting/request-code.ts';
import { Canary } from '../test/integration/canary.ts';
import { type Launch, type Service, startService } from '../test/oracle/child-process.ts';
import { classPath, JVM_FLAGS } from '../test/oracle/java.ts';
import { type ServerFiles, writeServerFiles } from '../test/oracle/java-cluster.ts';
import { projectRoot } from '../test/oracle/project-folders.ts';
import type { Properties } from '../test/oracle/properties-text.ts';

export type BrokerKind = 'turbopump' | 'java';

/** Seconds from the start of the process. */
export interface Start {
  firstSendSeconds: number;
  /** What the broker printed until then. */
  output: string;
}

type Program = Omit<Launch, 'limit_ms'>;

const bootLimitMs = 180_000;
const stopLimitMs = 60_000;
const infoLimitMs = 10_000;
const pollEveryMs = 3;
const ready = /The broker\[.*\] boot success/;

export class BrokerLives {
  readonly address: string;
  readonly folder: string;
  readonly #files: ServerFiles;
  readonly #canary: Canary;
  readonly #client = new RemotingClient();
  #service: Service | null = null;

  private constructor(files: ServerFiles, topic: string) {
    this.#files = files;
    this.folder = files.folder;
    this.address = `127.0.0.1:${files.brokerPort}`;
    this.#canary = new Canary(topic);
  }

  /** The topic is the one that the canary sends to. */
  static async open(topic: string, settings: Properties): Promise<BrokerLives> {
    const files = await writeServerFiles({ mappedFileSizeCommitLog: 1_073_741_824, ...settings });
    return new BrokerLives(files, topic);
  }

  get pid(): number {
    if (this.#service === null) throw new Error(`${this.address} is not running`);
    return this.#service.pid;
  }

  /** Starts a broker and sends to it until it answers SEND_OK. */
  async start(kind: BrokerKind): Promise<Start> {
    const launch = kind === 'java' ? await this.#java() : this.#ours();
    const started = performance.now();
    const booted = startService({ ...launch, limit_ms: bootLimitMs }, ready);
    const accepted = this.#firstSend(started + bootLimitMs);
    // A broker that does not boot is the better explanation of a send that nobody takes.
    this.#service = await booted;
    const firstSendSeconds = ((await accepted) - started) / 1000;
    return { firstSendSeconds, output: this.#service.output() };
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#service?.kill();
    this.#service = null;
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#service?.stop(stopLimitMs);
    this.#service = null;
  }

  /** Bytes that the log holds, as the broker counts them. */
  async logBytes(): Promise<number> {
    const answer = await this.#runtimeInfo(performance.now() + infoLimitMs);
    const { table } = JSON.parse(Buffer.from(answer.body).toString('utf8')) as {
      table: Record<string, string>;
    };
    return Number(table['commitLogMaxOffset']) - Number(table['commitLogMinOffset']);
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#canary.close();
    await this.#client.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * A Java broker of the first second has no statistics yet and answers with an exception
   * (`StoreStatsService.getPutTps` of an empty list): it is asked again.
   */
  async #runtimeInfo(until: number): Promise<RemotingCommand> {
    for (;;) {
      try {
        const request = createRequest(RequestCode.GET_BROKER_RUNTIME_INFO, {});
        return await this.#client.call(this.address, request);
      } catch (error) {
        if (!(error instanceof AnswerError) || performance.now() > until) throw error;
      }
      await delay(pollEveryMs);
    }
  }

  /** Nobody tells a client that a port is open: it asks again and again. */
  async #firstSend(until: number): Promise<number> {
    for (;;) {
      try {
        await this.#canary.send(this.address);
        return performance.now();
      } catch (error) {
        if (performance.now() > until) throw error;
      }
      await delay(pollEveryMs);
    }
  }

  #ours(): Program {
    const main = join(projectRoot, 'dist', 'src', 'main', 'mqbroker.js');
    return {
      command: process.execPath,
      args: [main, '-c', this.#files.brokerProperties],
      ...this.#surroundings(),
    };
  }

  async #java(): Promise<Program> {
    const libraries = await classPath('server-5.3.3');
    const heap = ['-Xms4g', '-Xmx4g', '-XX:+UseG1GC', `-Duser.home=${this.folder}`];
    const main = ['-cp', libraries, 'org.apache.rocketmq.broker.BrokerStartup'];
    return {
      command: 'java',
      // Of two heap sizes the later counts.
      args: [...JVM_FLAGS, ...heap, ...main, '-c', this.#files.brokerProperties],
      ...this.#surroundings(),
    };
  }

  #surroundings(): { cwd: string; env: Record<string, string> } {
    return { cwd: this.folder, env: { ROCKETMQ_HOME: this.folder, HOME: this.folder } };
  }
}

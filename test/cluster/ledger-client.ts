/** Java and Go clients that send or consume as long as a test lasts, and tell of each message. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { goDriver } from '../conformance/go-client.ts';
import { javaProgram } from '../conformance/java-client.ts';

const stopLimitMs = 20_000;
const stderrKeptChars = 10_000;

export interface Assignment {
  does: 'produce' | 'consume';
  nameServers: string;
  topic: string;
  /** The client's own: begins its ids, ends its group. */
  name: string;
}

export class LedgerClient {
  readonly name: string;
  /** Of messages acknowledged or consumed, each once. */
  readonly ids = new Set<string>();
  readonly #child: ChildProcess;
  #stderr = '';
  #longestGapMs = 0;
  #heard: (() => void) | null = null;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKeptChars);
    });
    if (child.stdout === null) throw new Error('no output to read');
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
  }

  static async java(home: string, { does, nameServers, topic, name }: Assignment) {
    const main = does === 'produce' ? 'LedgerProducer' : 'LedgerConsumer';
    const args = await javaProgram(main, 'client-5.3.3', home);
    const named = `${name} ${does}`;
    return LedgerClient.#start('java', [...args, nameServers, topic, name], home, named);
  }

  static async go(home: string, { does, nameServers, topic, name }: Assignment) {
    const args = [`ledger-${does}`, nameServers, topic, name];
    return LedgerClient.#start(await goDriver(), args, home, `${name} ${does}`);
  }

  static #start(command: string, args: string[], home: string, name: string): LedgerClient {
    const env = { ...process.env, HOME: home, ROCKETMQ_GO_LOG_LEVEL: 'error' };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new LedgerClient(name, child);
  }

  /** The longest time between two messages since this was asked last, in milliseconds. */
  takeLongestGapMs(): number {
    const gap = this.#longestGapMs;
    this.#longestGapMs = 0;
    return gap;
  }

  /** Resolves once it has told of `count` more messages. */
  async more(count: number, limitMs: number): Promise<void> {
    const wanted = this.ids.size + count;
    await this.#until(() => this.ids.size >= wanted, `${count} more messages`, limitMs);
  }

  /** Resolves once it has told of all of these. */
  async all(ids: ReadonlySet<string>, limitMs: number): Promise<void> {
    const missing = new Set(ids);
    const isComplete = (): boolean => {
      for (const id of missing) {
        if (!this.ids.has(id)) return false;
        missing.delete(id);
      }
      return true;
    };
    await this.#until(isComplete, `all of ${ids.size} messages`, limitMs).catch((error: Error) => {
      const lost = [...missing].filter((id) => !this.ids.has(id));
      throw new Error(`${error.message}; ${lost.length} missing: ${lost.slice(0, 20).join(' ')}`);
    });
  }

  /** Lets it say its last, and rejects if it had ended before of itself. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`${this.name} has ended\n${this.#stderr}`);
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), stopLimitMs);
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
    clearTimeout(insist);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #read(line: string): void {
    const [, gap, ids] = /^(?:acknowledged|consumed) (\d+)(.*)$/.exec(line) ?? [];
    // Whatever else the client's own log may print is not for us.
    if (gap === undefined || ids === undefined) return;
    this.#longestGapMs = Math.max(this.#longestGapMs, Number(gap));
    for (const id of ids.split(' ')) if (id !== '') this.ids.add(id);
    this.#heard?.();
  }

  async #until(isSo: () => boolean, what: string, limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((_, reject) => {
      const missed = `${this.name}: not in ${limitMs} ms: ${what}`;
      const fail = () => reject(new Error(`${missed}\n${this.#stderr}`));
      timer = setTimeout(fail, limitMs);
    });
    const so = new Promise<void>((resolve) => {
      this.#heard = () => {
        if (isSo()) resolve();
      };
      this.#heard();
    });
    await Promise.race([so, late]).finally(() => {
      clearTimeout(timer);
      this.#heard = null;
    });
  }
}

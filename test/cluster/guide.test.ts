/**
 * The deployment guide's commands, typed into a shell: `cd bin && bash mqbroker -c …` for each
 * shipped configuration, and then the table of `mqadmin clusterList`, ours beside Java's. Only
 * ports, folders and addresses are others, by the second `-c` that README shows.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { missingForJava } from '../conformance/outside-tools.ts';
import { runToSuccess, type Service, startService } from '../oracle/child-process.ts';
import { freePort } from '../oracle/free-port.ts';
import { javaMqadmin } from '../oracle/java-mqadmin.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import { type Properties, propertiesText } from '../oracle/properties-text.ts';

const bootLimitMs = 30_000;
const stopLimitMs = 15_000;
const tableLimitMs = 60_000;
const sendEveryMs = 5;
const masters = ['broker-a', 'broker-b'];
const slaves = ['broker-a-s', 'broker-b-s'];

interface Row {
  set: string;
  id: string;
  address: string;
  version: string;
  inTps: number;
  activated: string;
}

/** What one guide's reader has typed, line by line, and what runs of it. */
class Guide {
  readonly #folder = mkdtempSync(join(tmpdir(), 'turbopump-guide-'));
  readonly #running: Service[] = [];
  readonly #client = new RemotingClient({ requestTimeoutMs: bootLimitMs });
  readonly #masters: string[] = [];
  readonly #nameServers: string[] = [];

  async nameServer(): Promise<void> {
    const listenPort = await freePort();
    const name = `namesrv-${listenPort}`;
    const own = this.#file(name, { listenPort, kvConfigPath: join(this.#folder, name) });
    await this.#type(`cd bin && bash mqnamesrv -c ${own}`, /boot success/);
    this.#nameServers.push(`127.0.0.1:${listenPort}`);
  }

  async broker(configuration: string, name: string): Promise<void> {
    const listenPort = await freePort([1]);
    const own = this.#file(name, {
      listenPort,
      haListenPort: listenPort + 1,
      storePathRootDir: join(this.#folder, name),
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
    });
    const file = `../conf/${configuration}/${name}.properties`;
    await this.#type(`cd bin && bash mqbroker -c ${file} -c ${own} -n ${this.#n}`, /boot success/);
    if (!name.endsWith('-s')) this.#masters.push(`127.0.0.1:${listenPort}`);
  }

  async ourTable(): Promise<Row[]> {
    const line = `cd bin && bash mqadmin clusterList -n ${this.#n}`;
    return rows(await runToSuccess(this.#shell(line, tableLimitMs)));
  }

  async javasTable(): Promise<Row[]> {
    const [shown = ''] = await javaMqadmin(this.#nameServers.join(';'), [['clusterList']]);
    return rows(shown);
  }

  /** Sends to each master until told to stop. */
  sending(): () => Promise<number> {
    let goesOn = true;
    const done = (async () => {
      let sent = 0;
      for (; goesOn; sent++) {
        for (const master of this.#masters) assert.is(await this.#send(master), 0);
        await new Promise((resolve) => setTimeout(resolve, sendEveryMs));
      }
      return sent;
    })();
    return () => {
      goesOn = false;
      return done;
    };
  }

  async close(): Promise<void> {
    await this.#client.close();
    for (const service of this.#running.reverse()) await service.stop(stopLimitMs);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #send(master: string): Promise<number> {
    const fields = { a: 'Guide', b: 'GuideTopic', c: 'TBW102', d: 4, e: 0, f: 0, g: Date.now() };
    const request = createRequest(RequestCode.SEND_MESSAGE_V2, {
      extFields: { ...fields, h: 0, i: '', j: 0, k: false, m: false },
      body: Buffer.from('as the guide says'),
    });
    return (await this.#client.request(master, request)).code;
  }

  get #n(): string {
    return `'${this.#nameServers.join(';')}'`;
  }

  #file(name: string, properties: Properties): string {
    const file = join(this.#folder, `${name}.properties`);
    writeFileSync(file, propertiesText(properties));
    return file;
  }

  #shell(line: string, limit_ms: number) {
    const env = { HOME: this.#folder, ROCKETMQ_HOME: projectRoot };
    return { command: 'bash', args: ['-c', line], cwd: projectRoot, env, limit_ms };
  }

  async #type(line: string, ready: RegExp): Promise<void> {
    // As the shell's last command, so that the signal that ends the shell ends it.
    const typed = line.replace('&& bash', '&& exec bash');
    this.#running.push(await startService(this.#shell(typed, bootLimitMs), ready));
  }
}

/** The table's lines behind its head, by set and id. */
function rows(shown: string): Row[] {
  const lines = shown.split('\n').filter((line) => /\b127\.0\.0\.1:\d+/.test(line));
  const parsed = lines.map((line) => {
    const [, set = '', id = '', address = '', version = '', inTps = '', ...rest] = line
      .replace(/,\s+/g, ',')
      .trim()
      .split(/\s+/);
    const activated = rest.find((word) => word === 'true' || word === 'false') ?? '';
    return { set, id, address, version, inTps: Number.parseFloat(inTps), activated };
  });
  return parsed.sort((a, b) => `${a.set} ${a.id}`.localeCompare(`${b.set} ${b.id}`));
}

const fixed = (table: Row[]): Omit<Row, 'inTps'>[] => table.map(({ inTps: _, ...rest }) => rest);

const test = suite<{ guide: Guide }>('the deployment guide');

test.before.each((context) => {
  context.guide = new Guide();
});

test.after.each(async ({ guide }) => {
  await guide.close();
});

for (const [configuration, names] of Object.entries({
  '2m-2s-sync': [...masters, ...slaves],
  '2m-2s-async': [...masters, ...slaves],
  '2m-noslave': masters,
})) {
  test(`${configuration} as it is typed`, async ({ guide }) => {
    await guide.nameServer();
    await guide.nameServer();
    for (const name of names) await guide.broker(configuration, name);
    const ids = names.map((name) => {
      const isSlave = name.endsWith('-s');
      return `${isSlave ? name.slice(0, -2) : name} ${isSlave ? 1 : 0}`;
    });
    const stop = guide.sending();
    try {
      let ours = await guide.ourTable();
      const limit = performance.now() + tableLimitMs;
      const counted = (table: Row[]): boolean =>
        table.every((row) => row.id !== '0' || row.inTps > 0);
      while (!counted(ours) && performance.now() < limit) ours = await guide.ourTable();
      assert.equal(
        ours.map(({ set, id }) => `${set} ${id}`),
        ids.sort(),
      );
      assert.ok(counted(ours), `TPS of the masters: ${JSON.stringify(ours)}`);
      for (const row of ours) assert.match(row.version, /^V5_3_3$/);
      if ((await missingForJava()) === undefined) {
        const javas = await guide.javasTable();
        assert.equal(fixed(ours), fixed(javas));
        assert.ok(counted(javas), `TPS as Java shows it: ${JSON.stringify(javas)}`);
      }
    } finally {
      assert.ok((await stop()) > 0);
    }
  });
}

test.run();

/**
 * Mixed pairs over the HA port: a RocketMQ 5.3.3 slave on our master, our slave on its master.
 * Either slave is killed on the way; the logs must be equal to the byte.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ledger } from '../crash/ledger.ts';
import { Load } from '../crash/load.ts';
import { becomes } from '../integration/pair.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { type Service, startService } from '../oracle/child-process.ts';
import { freePort } from '../oracle/free-port.ts';
import { classPath, JVM_FLAGS, missingForJava } from '../oracle/java.ts';
import { propertiesText } from '../oracle/properties-text.ts';
import { haveTools } from './outside-tools.ts';

const test = suite('replication with Java 5.3.3');

const bootLimitMs = 60_000;
const catchUpMs = 30_000;
const topic = 'Mixed';
const segmentBytes = 1024 * 1024;
/** Its first report is due one interval after it has connected. */
const quick = { mappedFileSizeCommitLog: segmentBytes, haSendHeartbeatInterval: 300 };

/** A broker of the real RocketMQ, to be killed and started again. */
class JavaBroker {
  readonly port: number;
  readonly store: string;
  readonly #home: string;
  #service: Service | null = null;

  constructor(folder: string, port: number, settings: Record<string, string | number>) {
    this.port = port;
    this.#home = join(folder, `java-${port}`);
    this.store = join(this.#home, 'store');
    mkdirSync(this.store, { recursive: true });
    const own = {
      brokerClusterName: 'DefaultCluster',
      brokerName: 'broker-a',
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
      listenPort: port,
      haListenPort: port + 1,
      storePathRootDir: this.store,
      storePathCommitLog: join(this.store, 'commitlog'),
      waitTimeMillsInSendQueue: 10_000,
    };
    writeFileSync(this.#file, propertiesText({ ...own, ...quick, ...settings }));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get #file(): string {
    return join(this.#home, 'broker.properties');
  }

  async start(): Promise<void> {
    const main = 'org.apache.rocketmq.broker.BrokerStartup';
    const libraries = await classPath('server-5.3.3');
    const home = `-Duser.home=${this.#home}`;
    const args = [...JVM_FLAGS, '-Xmx512m', home, '-cp', libraries, main, '-c', this.#file];
    const env = { ROCKETMQ_HOME: this.#home };
    const launch = { command: 'java', args, cwd: this.#home, env, limit_ms: bootLimitMs };
    this.#service = await startService(launch, /The broker\[.*\] boot success/);
  }

  async kill(): Promise<void> {
    await this.#service?.kill();
    this.#service = null;
  }
}

/** SHA-256 of what stands in the log up to `end`; null while there is less of it. */
function logHash(store: string, end: number): string | null {
  const folder = join(store, 'commitlog');
  const files = readdirSync(folder).filter((name) => /^\d{20}$/.test(name));
  const log = Buffer.concat(files.sort().map((name) => readFileSync(join(folder, name))));
  return log.length < end ? null : createHash('sha256').update(log.subarray(0, end)).digest('hex');
}

/** End of the last record or filler in a log of files that begin at 0. */
function logEnd(store: string): number {
  const folder = join(store, 'commitlog');
  const files = readdirSync(folder).filter((name) => /^\d{20}$/.test(name));
  const log = Buffer.concat(files.sort().map((name) => readFileSync(join(folder, name))));
  let end = 0;
  while (end + 4 <= log.length && log.readInt32BE(end) > 0) end += log.readInt32BE(end);
  return end;
}

async function send(broker: string, ledger: Ledger, count: number): Promise<void> {
  const load = new Load(broker, topic, ledger, { connections: 2, inFlight: 16 });
  load.start();
  await load.acknowledgements(count);
  await load.end();
  await load.close();
}

async function equal(master: string, slave: string): Promise<number> {
  const end = logEnd(master);
  const wanted = logHash(master, end);
  await becomes(catchUpMs, `${end} bytes are equal`, async () => logHash(slave, end) === wanted);
  return end;
}

async function withMachine(work: (machine: Machine, nameServer: Server) => Promise<void>) {
  const machine = new Machine();
  try {
    await work(machine, await machine.nameServer());
  } finally {
    await machine.close();
  }
}

async function javaSlave(machine: Machine, nameServer: Server): Promise<void> {
  const master = await machine.broker([nameServer], { brokerName: 'broker-a', ...quick });
  // It learns of the master's port from the name server: 5.3.3 forgets haMasterAddress at start.
  const java = new JavaBroker(machine.folder, await freePort([-2, 1]), {
    brokerId: 1,
    brokerRole: 'SLAVE',
    namesrvAddr: nameServer.address,
  });
  const ledger = new Ledger();
  try {
    await send(master.address, ledger, 3000);
    await java.start();
    await send(master.address, ledger, 1000);
    await equal(machine.storeOf(master), java.store);
    await java.kill();
    await send(master.address, ledger, 2000);
    await java.start();
    const end = await equal(machine.storeOf(master), java.store);
    assert.ok(end > 2 * segmentBytes, `${end} bytes are several files`);
  } finally {
    await java.kill();
  }
}

async function javaMaster(machine: Machine, nameServer: Server): Promise<void> {
  const java = new JavaBroker(machine.folder, await freePort([-2, 1]), {
    brokerId: 0,
    brokerRole: 'ASYNC_MASTER',
    namesrvAddr: nameServer.address,
  });
  const ledger = new Ledger();
  try {
    await java.start();
    const slave = await machine.broker([nameServer], {
      brokerName: 'broker-a',
      brokerId: 1,
      brokerRole: 'SLAVE',
      haMasterAddress: `127.0.0.1:${java.port + 1}`,
      ...quick,
    });
    await send(java.address, ledger, 3000);
    await equal(java.store, machine.storeOf(slave));
    await slave.kill();
    await send(java.address, ledger, 2000);
    await slave.start();
    const end = await equal(java.store, machine.storeOf(slave));
    assert.ok(end > 2 * segmentBytes, `${end} bytes are several files`);
    await java.kill();
    await java.start();
    await send(java.address, ledger, 500);
    await equal(java.store, machine.storeOf(slave));
  } finally {
    await java.kill();
  }
}

if (await haveTools('replication with Java 5.3.3', await missingForJava())) {
  test('a Java slave copies our master, killed on the way', () => withMachine(javaSlave));
  test('our slave copies a Java master, either killed on the way', () => withMachine(javaMaster));
} else {
  test.skip('replication with Java 5.3.3', () => undefined);
}

test.run();

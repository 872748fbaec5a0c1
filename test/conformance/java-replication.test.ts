/**
 * Mixed pairs over the HA port: a RocketMQ 5.3.3 slave on our master at our name server, our slave
 * on its master at its name server. Either side is killed under load; the logs must be equal to
 * the byte, and topics, groups and consumer offsets be carried over.
 *
 * TURBOPUMP_MIXED_MESSAGES is how many messages each pair takes (1,000,000: about 2 minutes each);
 * the load generator is built for them.
 */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildLoadgen, runLoadgen } from '../../bench/loadgen.ts';
import { Ledger } from '../crash/ledger.ts';
import { Load } from '../crash/load.ts';
import { becomes, Pair } from '../integration/pair.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { missingForJava } from '../oracle/java.ts';
import { digestOfLog } from '../store/log-prefix.ts';
import { JavaBroker, JavaNameServer } from './java-servers.ts';
import { haveTools } from './outside-tools.ts';

const test = suite('replication with Java 5.3.3');

const messages = Number(process.env['TURBOPUMP_MIXED_MESSAGES'] ?? 0);
const isLarge = messages > 0;
const perSecond = 12_000;
/** What a record takes on average at least, with a body of 100 to 1,000 bytes. */
const recordBytes = 550;
const loadLimitMs = 600_000;
/** A RocketMQ slave asks for tables every 60 s, ours asks such a master every 10 s. */
const carriedLimitMs = 90_000;
const catchUpMs = isLarge ? 120_000 : 30_000;
const topic = 'Mixed';
const group = 'MixedGroup';
const segmentBytes = isLarge ? 64 * 1024 * 1024 : 1024 * 1024;
/** Its first report is due one interval after it has connected. */
const quick = { mappedFileSizeCommitLog: segmentBytes, haSendHeartbeatInterval: 300 };

/** A broker of either kind. */
interface Member {
  readonly address: string;
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** Two brokers of one set, and the store folder of each. */
class MixedPair {
  readonly master: Member;
  readonly slave: Member;
  readonly #logs: ReadonlyMap<Member, string>;
  readonly #pair: Pair<Member, Member>;
  readonly #folder: string;

  constructor(
    machine: Machine,
    nameServer: Pick<Server, 'address'>,
    [master, masterStore]: [Member, string],
    [slave, slaveStore]: [Member, string],
  ) {
    this.master = master;
    this.slave = slave;
    this.#folder = machine.folder;
    this.#logs = new Map([
      [master, join(masterStore, 'commitlog')],
      [slave, join(slaveStore, 'commitlog')],
    ]);
    this.#pair = new Pair(machine, nameServer, master, slave);
  }

  async send(count: number): Promise<void> {
    const shape = { connections: 2, inFlight: 16 };
    const load = new Load(this.master.address, topic, new Ledger(), shape);
    load.start();
    await load.acknowledgements(count);
    await load.end();
    await load.close();
  }

  /** Kills both sides in turn while all messages are sent; every acknowledged one is there. */
  async sendUnderKills(): Promise<void> {
    await buildLoadgen();
    const ledger = ['--server', this.master.address, '--ledger', join(this.#folder, 'ledger')];
    const shape = ['--topic', 'MixedLoad', '--count', messages, '--body-bytes', '100-1000'];
    const produce = ['produce', ...ledger, ...shape, '--rate', perSecond, '--reconnect'];
    let isOver = false;
    const load = runLoadgen(produce, loadLimitMs).finally(() => {
      isOver = true;
    });
    const victims = [this.slave, this.master, this.slave, this.master];
    const killing = this.#killEach(victims, () => isOver);
    await Promise.all([load, killing]);
    await this.equal();
    const verified = await runLoadgen(['verify', ...ledger], loadLimitMs);
    process.stdout.write(`  ${victims.length} kills; ${(await load).trim()}; ${verified.trim()}\n`);
  }

  async #killEach(victims: readonly Member[], isOver: () => boolean): Promise<void> {
    for (const [index, victim] of victims.entries()) {
      const share = (index + 1) / (victims.length + 2);
      await becomes(loadLimitMs, `the log is ${share} of all`, async () => {
        return isOver() || (await this.#pair.logEnd(this.master)) > share * messages * recordBytes;
      });
      assert.not(isOver(), 'kills must fall into the load');
      await victim.kill();
      await victim.start();
    }
  }

  /** Resolves to how many bytes of log are equal. */
  async equal(): Promise<number> {
    const end = await this.#pair.caughtUp(catchUpMs);
    const [ofMaster, ofSlave] = [...this.#logs.values()].map((log) => digestOfLog(log, end));
    assert.is(ofSlave, ofMaster);
    process.stdout.write(`  ${end} bytes equal, SHA-256 ${ofMaster}\n`);
    return end;
  }

  async commit(offset: number): Promise<void> {
    await this.#pair.pullCode(topic, 0, this.master, group);
    await this.#pair.commit(this.master, group, topic, offset);
  }

  async carriesOver(offset: number): Promise<void> {
    await becomes(carriedLimitMs, 'the slave has the offset', async () => {
      return (await this.#pair.offset(this.slave, group, topic)) === offset;
    });
    await becomes(carriedLimitMs, 'the slave has topic and group', async () => {
      return (await this.#pair.pullCode(topic, 0, this.slave, group)) === 0;
    });
  }

  async close(): Promise<void> {
    await this.#pair.close();
  }
}

async function javaSlave(machine: Machine): Promise<void> {
  const nameServer = await machine.nameServer();
  const master = await machine.broker([nameServer], { brokerName: 'broker-a', ...quick });
  // It learns of the master's port from the name server: 5.3.3 forgets haMasterAddress at start.
  const java = await JavaBroker.create(machine.folder, {
    ...{ brokerId: 1, brokerRole: 'SLAVE', namesrvAddr: nameServer.address },
    // Else it sends whoever pulls to its master.
    ...{ slaveReadEnable: true, ...quick },
  });
  const ours: [Member, string] = [master, machine.storeOf(master)];
  const pair = new MixedPair(machine, nameServer, ours, [java, java.store]);
  try {
    await pair.send(3000);
    await pair.commit(7);
    await java.start();
    await exchange(pair, isLarge);
    await java.kill();
    await pair.send(2000);
    await java.start();
    assert.ok((await pair.equal()) > 2 * segmentBytes);
  } finally {
    await pair.close();
    await java.kill();
  }
}

async function javaMaster(machine: Machine): Promise<void> {
  const nameServer = await JavaNameServer.create(machine.folder);
  const java = await JavaBroker.create(machine.folder, {
    ...{ brokerId: 0, brokerRole: 'ASYNC_MASTER', namesrvAddr: nameServer.address },
    ...quick,
  });
  let pair: MixedPair | null = null;
  try {
    await nameServer.start();
    await java.start();
    const slave = await machine.broker([nameServer], {
      ...{ brokerName: 'broker-a', brokerId: 1, brokerRole: 'SLAVE', slaveReadEnable: true },
      ...quick,
    });
    const ours: [Member, string] = [slave, machine.storeOf(slave)];
    pair = new MixedPair(machine, nameServer, [java, java.store], ours);
    // An empty slave is given a Java master's last file only: it must be there for the first one.
    await pair.send(1);
    await pair.equal();
    await pair.send(3000);
    await pair.commit(7);
    await exchange(pair, true);
    await slave.kill();
    await pair.send(2000);
    await slave.start();
    assert.ok((await pair.equal()) > 2 * segmentBytes);
    await java.kill();
    await java.start();
    await pair.send(500);
    await pair.equal();
  } finally {
    await pair?.close();
    await java.kill();
    await nameServer.kill();
  }
}

async function exchange(pair: MixedPair, carriesOver: boolean): Promise<void> {
  await pair.send(1000);
  await pair.equal();
  if (carriesOver) await pair.carriesOver(7);
  if (isLarge) await pair.sendUnderKills();
}

async function withMachine(work: (machine: Machine) => Promise<void>): Promise<void> {
  const machine = new Machine();
  try {
    await work(machine);
  } finally {
    await machine.close();
  }
}

if (await haveTools('replication with Java 5.3.3', await missingForJava())) {
  test('a Java slave copies our master, killed on the way', () => withMachine(javaSlave));
  test('our slave copies a Java master, either killed on the way', () => withMachine(javaMaster));
} else {
  test.skip('replication with Java 5.3.3', () => undefined);
}

test.run();

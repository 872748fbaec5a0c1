/**
 * The master of a SYNC_MASTER pair killed -9 at random moments under load: whatever it acknowledged
 * is read from the slave, before the master is back; at the end all of it once more, from both.
 * TURBOPUMP_PAIR_KILLS sets the number of kills (300: about ten minutes).
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { seededRandom } from '../integration/mutation.ts';
import { becomes, Pair } from '../integration/pair.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { Inspection, Ledger } from './ledger.ts';
import { Load, readOn } from './load.ts';

const kills = Number(process.env['TURBOPUMP_PAIR_KILLS'] ?? 8);
const seed = Number(process.env['TURBOPUMP_SEED'] ?? Date.now() % 1_000_000);
const longestRunMs = 300;
const soonMs = 15_000;
const topic = 'PairCrashTopic';
const none = { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] };

/** While it follows a master, a slave sends there whoever finds nothing. */
async function servesAlone(pair: Pair): Promise<void> {
  await becomes(soonMs, 'the slave serves alone', async () => {
    return (await pair.pullCode(topic, 10_000_000)) === ResponseCode.PULL_NOT_FOUND;
  });
}

async function judgeWhole({ address }: Server, ledger: Ledger): Promise<void> {
  const whole = new Inspection(ledger);
  await readOn(address, topic, whole);
  assert.equal(whole.verdict(), none, `all of it at ${address}`);
}

async function killMasters(machine: Machine, ledger: Ledger): Promise<void> {
  const random = seededRandom(seed);
  const settings = { mappedFileSizeCommitLog: 1024 * 1024, fileReservedTime: 72 };
  const nameServer = await machine.nameServer();
  const master = await machine.shipped('2m-2s-sync/broker-a', [nameServer], settings);
  const slave = await machine.shipped('2m-2s-sync/broker-a-s', [nameServer], settings);
  const pair = new Pair(machine, nameServer, master, slave);
  const load = new Load(master.address, topic, ledger, { connections: 4, inFlight: 8 });
  const onSlave = new Inspection(ledger);
  for (let kill = 0; kill < kills; kill++) {
    await becomes(soonMs, 'a send is on both', async () => (await pair.send('Probe')) === 0);
    load.start();
    await load.acknowledgements(1);
    await new Promise((resolve) => setTimeout(resolve, random(longestRunMs)));
    await master.kill();
    await load.end();
    await servesAlone(pair);
    await readOn(slave.address, topic, onSlave);
    assert.equal(onSlave.verdict(), none, `after kill ${kill + 1}`);
    await master.start();
  }
  const end = await pair.caughtUp(soonMs);
  assert.is(pair.logHash(slave, end), pair.logHash(master, end));
  await judgeWhole(master, ledger);
  await master.kill();
  await servesAlone(pair);
  await judgeWhole(slave, ledger);
  await load.close();
  await pair.close();
}

test(`${kills} kills of a synchronous master (seed ${seed})`, async () => {
  const machine = new Machine();
  const ledger = new Ledger();
  try {
    await killMasters(machine, ledger);
    const { triedCount, acknowledgedCount } = ledger;
    console.log(`${kills} kills, ${triedCount} tried, ${acknowledgedCount} acknowledged, lost 0`);
    assert.ok(acknowledgedCount > kills, 'the load must have run');
  } finally {
    await machine.close();
  }
});

test.run();

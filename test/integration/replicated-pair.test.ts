/** Pairs of the shipped configurations as processes of their own, through deaths and returns. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { Ledger } from '../crash/ledger.ts';
import { Load, readAll } from '../crash/load.ts';
import { becomes, Pair } from './pair.ts';
import { Machine } from './servers.ts';

const topic = 'PairTopic';
const group = 'PairGroup';
const soonMs = 15_000;
/** To a master whose slave is paused, and as many to one whose slave is gone, all in flight. */
const refusedSends = Number(process.env['TURBOPUMP_REFUSED_SENDS'] ?? 200);
/** Files small enough that the log rolls over many of them. */
const small = { mappedFileSizeCommitLog: 1024 * 1024 };

interface Context {
  machine: Machine;
}

const test = suite<Context>('replicated pair');

test.before.each((context) => {
  context.machine = new Machine();
});

test.after.each(async ({ machine }) => {
  await machine.close();
});

/** How often each code was answered to sends that are all in flight at once. */
async function codes(pair: Pair, count: number): Promise<Record<number, number>> {
  const answers = await Promise.all(Array.from({ length: count }, () => pair.send(topic)));
  const counts: Record<number, number> = {};
  for (const code of answers) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

async function startPair(machine: Machine, folder: string, own = {}): Promise<Pair> {
  const nameServer = await machine.nameServer();
  const settings = { ...small, ...own };
  const master = await machine.shipped(`${folder}/broker-a`, [nameServer], settings);
  const slave = await machine.shipped(`${folder}/broker-a-s`, [nameServer], settings);
  return new Pair(machine, nameServer, master, slave);
}

test('a slave takes consumers over, and its master comes back without moving offsets back', async ({
  machine,
}) => {
  const pair = await startPair(machine, '2m-2s-async');
  const { master, slave } = pair;
  const ledger = new Ledger();
  const load = new Load(master.address, topic, ledger, { connections: 2, inFlight: 8 });
  load.start();
  await load.acknowledgements(3000);
  await load.end();
  const end = await pair.caughtUp(soonMs);
  assert.ok(end > 3 * small.mappedFileSizeCommitLog, `${end} bytes are several files`);
  assert.is(await pair.send(topic, slave), ResponseCode.SYSTEM_BUSY, 'a slave takes no message');

  await pair.pullCode(topic, 0, master, group);
  await pair.commit(master, group, topic, 100);
  await becomes(soonMs, 'the slave has the offset', async () => {
    return (await pair.offset(slave, group, topic)) === 100;
  });
  await master.kill();
  // From the end: held for nobody and sent to nobody, since the master is away.
  await becomes(soonMs, 'the slave serves alone', async () => {
    return (await pair.pullCode(topic, 1_000_000)) === ResponseCode.PULL_NOT_FOUND;
  });
  const verdict = ledger.judge(await readAll(slave.address, topic));
  assert.equal(verdict, { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] });
  assert.is(pair.logHash(slave, end), pair.logHash(master, end));
  await pair.commit(slave, group, topic, 200);

  await master.start();
  assert.is(await pair.offset(master, group, topic), 200, 'known before the first request');
  assert.is(await pair.offset(slave, group, topic), 200);
  await load.close();
  const again = new Load(master.address, topic, ledger, { connections: 2, inFlight: 8 });
  again.start();
  await again.acknowledgements(1000);
  await again.end();
  await again.close();
  const later = await pair.caughtUp(soonMs);
  assert.is(pair.logHash(slave, later), pair.logHash(master, later));
  assert.is(await pair.offset(slave, group, topic), 200, 'copied from a master that has come back');
  await pair.close();
});

test('a synchronous master says what it could not keep: no slave 11, a mute one 12', async ({
  machine,
}) => {
  const pair = await startPair(machine, '2m-2s-sync', { slaveTimeout: 500 });
  const { slave } = pair;
  await becomes(soonMs, 'a send is on both', async () => (await pair.send(topic)) === 0);
  await slave.pause();
  const startedMs = Date.now();
  assert.is(await pair.send(topic), ResponseCode.FLUSH_SLAVE_TIMEOUT);
  const tookMs = Date.now() - startedMs;
  assert.ok(tookMs >= 450 && tookMs < 3000, `answered after ${tookMs} ms`);
  assert.equal(await codes(pair, refusedSends), {
    [ResponseCode.FLUSH_SLAVE_TIMEOUT]: refusedSends,
  });
  slave.goOn();
  await becomes(soonMs, 'a send is on both again', async () => (await pair.send(topic)) === 0);
  await slave.stop();
  await becomes(soonMs, 'the master knows', async () => (await pair.send(topic)) === 11);
  assert.equal(await codes(pair, refusedSends), {
    [ResponseCode.SLAVE_NOT_AVAILABLE]: refusedSends,
  });
  await slave.start();
  await becomes(soonMs, 'a send is on both after all', async () => (await pair.send(topic)) === 0);
  const end = await pair.caughtUp(soonMs);
  assert.is(pair.logHash(slave, end), pair.logHash(pair.master, end));
  await pair.close();
});

test.run();

/**
 * A master's HA port with a secret, under attack while its true slave follows: noise, plausible
 * and false acknowledgements, half and forged greetings, the mute. TURBOPUMP_FAKE_SLAVES sets how
 * many attack at a time; 1000 is the full size.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { Ledger } from '../crash/ledger.ts';
import { Load, readAll } from '../crash/load.ts';
import { becomes, Pair } from './pair.ts';
import { Machine, type Server, type Settings } from './servers.ts';

const fakeCount = Number(process.env['TURBOPUMP_FAKE_SLAVES'] ?? 100);
const roundsEach = 5;
const soonMs = 15_000;
const topic = 'HostileSlaves';
const probes = 'HostileProbes';
const secret = 'the secret of this test';
const challengeBytes = 40;
const growthMaxBytes = 32 * 1024 * 1024;

const hello = Buffer.from([0xf5, 0x54, 0x50, 0x48, 0x41, 0, 0, 1]);

/** What a fake says, given the end of the master's log. */
const lies: ((end: number) => Buffer)[] = [
  () => randomBytes(randomInt(1, 4096)),
  (end) => reports([end]),
  (end) => reports([0, end, end + 100_000]),
  (end) => reports([end, Number.MAX_SAFE_INTEGER]),
  () => reports([-1]),
  () => Buffer.concat([hello, randomBytes(72)]),
  () => Buffer.concat([hello, Buffer.alloc(72), reports([0])]),
  () => hello.subarray(0, 5),
  () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]),
  () => Buffer.alloc(0),
];

function reports(offsets: number[]): Buffer {
  const bytes = Buffer.alloc(8 * offsets.length);
  offsets.forEach((offset, index) => {
    bytes.writeBigInt64BE(BigInt(offset), 8 * index);
  });
  return bytes;
}

/** Fakes that come back whenever they are sent away. */
class Attack {
  rounds = 0;
  mostTold = 0;
  readonly #port: number;
  readonly #end: () => Promise<number>;
  readonly #sockets = new Set<Socket>();
  #ended = false;

  constructor(port: number, end: () => Promise<number>) {
    this.#port = port;
    this.#end = end;
  }

  async start(): Promise<void> {
    const end = await this.#end();
    for (let fake = 0; fake < fakeCount; fake++) this.#lie(fake, end);
  }

  /** Each fake tries once more and claims to have the whole log. */
  async claim(): Promise<void> {
    const claim = reports([await this.#end()]);
    for (const socket of this.#sockets) socket.write(claim);
  }

  end(): void {
    this.#ended = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #lie(fake: number, end: number): void {
    const socket = connect(this.#port, '127.0.0.1');
    let told = 0;
    this.#sockets.add(socket);
    socket.on('data', (bytes) => {
      told += bytes.length;
    });
    // A fake that is sent away may hear of it by an error.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.rounds += 1;
      this.mostTold = Math.max(this.mostTold, told);
      this.#sockets.delete(socket);
      if (!this.#ended) this.#lie(fake + 1, end);
    });
    const lie = lies[fake % lies.length];
    assert.ok(lie);
    socket.write(lie(end));
  }
}

function anonymousBytes(server: Server): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

async function startPair(machine: Machine): Promise<Pair> {
  const haSecretFile = join(machine.folder, 'secret');
  writeFileSync(haSecretFile, `${secret}\n`, { mode: 0o600 });
  const nameServer = await machine.nameServer();
  const settings: Settings = { mappedFileSizeCommitLog: 1 << 20, slaveTimeout: 1000, haSecretFile };
  const master = await machine.shipped('2m-2s-sync/broker-a', [nameServer], settings);
  const slave = await machine.shipped('2m-2s-sync/broker-a-s', [nameServer], settings);
  return new Pair(machine, nameServer, master, slave);
}

async function loadGoesOn(pair: Pair, attack: Attack): Promise<void> {
  const { master } = pair;
  const ledger = new Ledger();
  const load = new Load(master.address, topic, ledger, { connections: 2, inFlight: 8 });
  load.start();
  await load.acknowledgements(2000);
  const beforeBytes = anonymousBytes(master);
  await attack.start();
  await becomes(60_000, 'every fake has tried often', async () => {
    return attack.rounds >= fakeCount * roundsEach;
  });
  await load.acknowledgements(2000);
  // Throws when a send was answered anything but OK: each was on the true slave.
  await load.end();
  await load.close();
  const grownBytes = anonymousBytes(master) - beforeBytes;
  assert.ok(grownBytes < growthMaxBytes, `the master grew by ${grownBytes} bytes`);
  const end = await pair.caughtUp(soonMs);
  assert.is(pair.logHash(pair.slave, end), pair.logHash(master, end));
  const verdict = ledger.judge(await readAll(master.address, topic));
  assert.equal(verdict, { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] });
}

/** The code that every one of some sends is answered with while fakes claim to have them. */
async function answered(pair: Pair, attack: Attack, code: number): Promise<void> {
  for (let sends = 0; sends < 5; sends++) {
    const answer = pair.send(probes);
    await attack.claim();
    assert.is(await answer, code);
  }
}

test(`${fakeCount} fake slaves acknowledge nothing and keep no slave away`, async () => {
  const machine = new Machine();
  const pair = await startPair(machine);
  const { master, slave } = pair;
  const port = Number(master.address.split(':')[1]) + 1;
  const attack = new Attack(port, () => pair.logEnd(master));
  try {
    await becomes(soonMs, 'a send is on both', async () => (await pair.send(probes)) === 0);
    await loadGoesOn(pair, attack);
    await slave.pause();
    await answered(pair, attack, ResponseCode.FLUSH_SLAVE_TIMEOUT);
    slave.goOn();
    await becomes(soonMs, 'a send is on both again', async () => (await pair.send(probes)) === 0);
    await slave.stop();
    await becomes(soonMs, 'the master knows', async () => (await pair.send(probes)) === 11);
    await answered(pair, attack, ResponseCode.SLAVE_NOT_AVAILABLE);
    await slave.start();
    await becomes(soonMs, 'the slave got in', async () => (await pair.send(probes)) === 0);
    assert.ok(attack.mostTold <= challengeBytes, `a fake was told ${attack.mostTold} bytes`);
    assert.match(master.output(), /sent a peer away from the HA port/);
    assert.not.match(master.output() + slave.output(), new RegExp(secret));
    console.log(`${attack.rounds} connections of ${fakeCount} fakes, acknowledged by them 0`);
  } finally {
    attack.end();
    await pair.close();
    await machine.close();
  }
});

test.run();

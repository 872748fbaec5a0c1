/**
 * 100,000 hostile frames against a live broker and name server while a canary client works:
 * no crash, no hang, no growth of memory, and the canary is always answered.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Canary } from './canary.ts';
import { isUnmaking, mutate, NastyRequests, seededRandom, seedFrames } from './mutation.ts';
import { Machine, type Server } from './servers.ts';

const frames = Number(process.env['TURBOPUMP_HOSTILE_FRAMES'] ?? 100_000);
const seed = Number(process.env['TURBOPUMP_SEED'] ?? Date.now() % 1_000_000);
/** Nasty values keep a connection alive, so many follow each other on one. */
const nastyPerConnection = 20;
/** A wound in the framing ends its connection, so each has one of its own. */
const woundsPerRound = 20;
const growthBytesMax = 64 * 1024 * 1024;
const topic = 'CanaryTopic';

/** Writes the frames on one connection and waits until the server closed it or read it all. */
function attack(port: number, wounds: Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('data', () => undefined);
    socket.on('connect', () => {
      socket.write(Buffer.concat(wounds), () => socket.end());
      // A held pull would keep the connection: the attack is over when the bytes are out.
      socket.setTimeout(200, () => socket.destroy());
    });
  });
}

function anonymousBytes({ pid }: Server): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

test(`${frames} hostile frames (seed ${seed}) harm nobody`, async () => {
  const machine = new Machine();
  const canary = new Canary(topic);
  try {
    const nameServer = await machine.nameServer();
    const broker = await machine.broker([nameServer]);
    const servers = [broker, nameServer];
    const pids = servers.map(({ pid }) => pid);
    const random = seededRandom(seed);
    const seeds = seedFrames(topic);
    await canary.send(broker.address);
    const nasty = new NastyRequests(topic, random);
    const wound = (): Buffer => {
      const frame = mutate(seeds[random(seeds.length)] ?? Buffer.alloc(0), random);
      return isUnmaking(frame) ? wound() : frame;
    };
    const list = (length: number, make: () => Buffer): Buffer[] => Array.from({ length }, make);
    const attackWith = async (count: number): Promise<void> => {
      const perRound = servers.length * (nastyPerConnection + woundsPerRound);
      for (let sent = 0; sent < count; sent += perRound) {
        const attacks = servers.flatMap(({ address }) => {
          const port = Number(address.split(':')[1]);
          const wounds = list(woundsPerRound, wound).map((each) => attack(port, [each]));
          return [
            attack(
              port,
              list(nastyPerConnection, () => nasty.next()),
            ),
            ...wounds,
          ];
        });
        await Promise.all([...attacks, canary.send(broker.address)]);
        assert.equal(await canary.route(nameServer.address), [broker.address]);
      }
    };
    // The first part warms caches and heaps; what counts is growth from there on.
    await attackWith(frames / 5);
    const before = servers.map(anonymousBytes);
    await attackWith((frames * 4) / 5);
    const grown = servers.map((server, index) => anonymousBytes(server) - (before[index] ?? 0));
    assert.equal(
      servers.map(({ pid }) => pid),
      pids,
    );
    for (const bytes of grown) assert.ok(bytes < growthBytesMax, `grew by ${bytes} bytes`);
  } finally {
    await canary.close();
    await machine.close();
  }
});

test.run();

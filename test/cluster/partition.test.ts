/**
 * Master, slave, name servers and clients cut from each other over and over, in one direction or
 * both, several links at a time: what was acknowledged is on the slave at any moment and is lost
 * to no consumer, replicas are equal after each heal, and no consumer offset moves back.
 *
 * TURBOPUMP_CUTS is how many links are cut in all, TURBOPUMP_CUT_MS_MIN and TURBOPUMP_CUT_MS_MAX
 * for how long each. All of it, about a quarter of an hour:
 * `TURBOPUMP_CUTS=100 TURBOPUMP_CUT_MS_MIN=1000 TURBOPUMP_CUT_MS_MAX=60000`.
 */
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Inspection, Ledger } from '../crash/ledger.ts';
import { Load, readOn } from '../crash/load.ts';
import { Canary } from '../integration/canary.ts';
import { seededRandom } from '../integration/mutation.ts';
import { becomes } from '../integration/pair.ts';
import { Machine } from '../integration/servers.ts';
import { cutKinds, type Link } from './link.ts';
import { OffsetWatch } from './offset-watch.ts';
import { PartitionedPair, replicationLink } from './partitioned-pair.ts';
import { Reader } from './reader.ts';

const cuts = Number(process.env['TURBOPUMP_CUTS'] ?? 20);
const cutMsMin = Number(process.env['TURBOPUMP_CUT_MS_MIN'] ?? 200);
const cutMsMax = Number(process.env['TURBOPUMP_CUT_MS_MAX'] ?? 1000);
const seed = Number(process.env['TURBOPUMP_SEED'] ?? Date.now() % 1_000_000);
const atOnceMax = 4;
const healedLimitMs = 30_000;
const topic = 'Partitioned';
const group = 'PartitionGroup';
const none = { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] };
const paced = {
  connections: 2,
  inFlight: 4,
  persistent: { pauseMs: 10, requestLimitMs: 1000 },
};

type Random = ReturnType<typeof seededRandom>;

/** A duration between the limits, as likely below their geometric mean as above. */
function drawMs(random: Random): number {
  return Math.round(cutMsMin * (cutMsMax / cutMsMin) ** (random(1000) / 1000));
}

/** Cuts the link for its time; resolves, once it is healed, to what was done. */
async function cutOnce(link: Link, random: Random): Promise<string> {
  const kind = cutKinds[random(cutKinds.length)] ?? 'both ways';
  const outlasted = random(2) === 0;
  const lastsMs = drawMs(random);
  link.cut(kind);
  await setTimeout(lastsMs);
  link.heal(outlasted);
  return `${link.name} ${kind} ${lastsMs} ms${outlasted ? ', connections lost' : ''}`;
}

class Scene {
  readonly #partitioned: PartitionedPair;
  readonly #ledger = new Ledger();
  readonly #onSlave = new Inspection(this.#ledger);
  readonly #load: Load;
  readonly #reader: Reader;
  readonly #watch: OffsetWatch;
  readonly #canary = new Canary(topic);

  constructor(partitioned: PartitionedPair) {
    const { pair, ways } = partitioned;
    this.#partitioned = partitioned;
    this.#load = new Load(ways.toMaster, topic, this.#ledger, paced);
    this.#reader = new Reader(group, topic, this.#ledger, [ways.toMaster, ways.toSlave]);
    this.#watch = new OffsetWatch([pair.master.address, pair.slave.address]);
  }

  /** Resolves once messages of the topic are on both. */
  async begin(): Promise<void> {
    const { pair } = this.#partitioned;
    await becomes(healedLimitMs, 'a send is on both', async () => (await pair.send('Probe')) === 0);
    this.#load.start();
    await this.#load.acknowledgements(10);
    // A slave forgets a group that it made of itself once its master's groups are copied.
    await readOn(pair.master.address, topic, new Inspection(this.#ledger));
    await becomes(healedLimitMs, 'the slave knows topic and group', async () => {
      await readOn(pair.slave.address, topic, new Inspection(this.#ledger));
      return (await pair.pullCode(topic, 0)) === 0;
    });
  }

  async round(links: Link[], random: Random): Promise<void> {
    const cutting = Promise.all(links.map((link) => cutOnce(link, random)));
    for (let looks = 0; looks < 3; looks++) {
      await this.#slaveHasAllPromised();
      await Promise.race([cutting, setTimeout(cutMsMin)]);
    }
    const done = await cutting;
    await this.#slaveHasAllPromised();
    await this.#healed(done.join('; '));
  }

  /** At any moment, also in the midst of a cut. */
  async #slaveHasAllPromised(): Promise<void> {
    const promised = this.#ledger.promises.length;
    await readOn(this.#partitioned.pair.slave.address, topic, this.#onSlave);
    assert.equal(this.#onSlave.verdict(promised), none);
  }

  async #healed(after: string): Promise<void> {
    const { pair, ways, registeredMaster } = this.#partitioned;
    const sends = async (): Promise<boolean> => (await pair.send('Probe')) === 0;
    await becomes(healedLimitMs, `a send is on both after ${after}`, sends);
    const end = await pair.caughtUp(healedLimitMs);
    assert.is(pair.logHash(pair.slave, end), pair.logHash(pair.master, end), after);
    for (const nameServer of ways.toNameServers) {
      await this.#canary.routeBecomes(nameServer, [registeredMaster], healedLimitMs);
    }
    await this.#load.acknowledgements(1);
    assert.equal(this.#watch.movedBack, [], after);
  }

  /** Ends all and judges; resolves to what is to be told. */
  async end(): Promise<string> {
    const { pair } = this.#partitioned;
    await this.#load.end();
    await becomes(healedLimitMs, 'all is consumed, and both know it', async () => {
      // First, for the ends: no load runs any more.
      await this.#slaveHasAllPromised();
      const known = [
        ...(await this.#offsets(pair.master.address)),
        ...(await this.#offsets(pair.slave.address)),
      ];
      const positions = this.#reader.positions();
      const ends = positions.map((_, queueId) => this.#onSlave.end(queueId));
      const wanted = [...ends, ...ends, ...ends].join();
      return [...positions, ...known].join() === wanted;
    });
    await this.close();
    assert.equal(this.#reader.consumed.verdict(), none, 'to the consumer');
    assert.equal(this.#watch.movedBack, []);
    const unpromised = [...this.#load.unpromised].map(([code, times]) => `${times} x ${code}`);
    return (
      `${this.#ledger.acknowledgedCount} acknowledged, ${this.#load.failedCount} unanswered, ` +
      `${unpromised.join(', ') || 'none'} unpromised; lost 0, ${this.#watch.looks} looks at offsets`
    );
  }

  /** Nothing of it runs on, whatever has gone wrong; resolves when all of it has ended. */
  async close(): Promise<void> {
    const ended = await Promise.allSettled([
      this.#load.end(),
      this.#reader.end(),
      this.#watch.end(),
    ]);
    await this.#load.close();
    await this.#canary.close();
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  async #offsets(broker: string): Promise<number[]> {
    const offsets = await this.#watch.offsets(broker);
    return this.#reader.positions().map((_, queueId) => {
      return offsets.get(`${group} ${topic} ${queueId}`) ?? -1;
    });
  }
}

/** Up to {@link atOnceMax} different links; every other time replication itself is among them. */
function draw(links: readonly Link[], random: Random, most: number): Link[] {
  const left = [...links];
  const count = Math.min(most, 1 + random(atOnceMax));
  return Array.from({ length: count }, (_, index) => {
    const replication = left.findIndex(({ name }) => name === replicationLink);
    const chosen = index === 0 && random(2) === 0 ? replication : random(left.length);
    return left.splice(chosen, 1);
  }).flat();
}

async function cutOverAndOver(scene: Scene, links: readonly Link[]): Promise<void> {
  const random = seededRandom(seed);
  let rounds = 0;
  for (let done = 0; done < cuts; rounds++) {
    const chosen = draw(links, random, cuts - done);
    await scene.round(chosen, random);
    done += chosen.length;
  }
  console.log(`${cuts} cuts, ${rounds} heals, replicas equal ${rounds} of ${rounds}`);
  console.log(await scene.end());
}

test(`${cuts} cuts of ${cutMsMin} to ${cutMsMax} ms (seed ${seed})`, async () => {
  const machine = new Machine();
  let scene: Scene | null = null;
  let partitioned: PartitionedPair | null = null;
  try {
    partitioned = await PartitionedPair.start(machine);
    scene = new Scene(partitioned);
    await scene.begin();
    await cutOverAndOver(scene, partitioned.links);
  } catch (error) {
    // What fails because of it while all is ended is of no interest beside it.
    await scene?.close().catch(() => undefined);
    throw error;
  } finally {
    await partitioned?.close();
    await machine.close();
  }
});

test.run();

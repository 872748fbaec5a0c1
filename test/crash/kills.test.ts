/**
 * kill -9 at random moments, in both flush modes, with segments so small that rolls are frequent:
 * nothing acknowledged is lost, nothing is corrupt, invented or missing between, and every start
 * succeeds. Half of the kills under load come 5 to 50 ms after the first acknowledgement of a life,
 * half 0.2 to 3 s after it; behind every fourth, one to three starts are killed before they are
 * through, and with them recovery. What is new is judged after each life, all of it at the end.
 *
 * TURBOPUMP_KILLS sets the number of kills per flush mode (small runs live 0.5 s at most),
 * TURBOPUMP_KILLS_MODE names one mode, TURBOPUMP_KILLS_QUEUES the number of queues
 * (4). A thousand of both modes at once, about twenty minutes:
 * `for mode in ASYNC_FLUSH SYNC_FLUSH; do TURBOPUMP_KILLS=1000 TURBOPUMP_KILLS_MODE=$mode \
 *   node dist/test/crash/kills.test.js & done; wait`
 */
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../integration/mutation.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { Inspection, Ledger } from './ledger.ts';
import { Load, queues, readOn } from './load.ts';

const kills = Number(process.env['TURBOPUMP_KILLS'] ?? 40);
const seed = Number(process.env['TURBOPUMP_SEED'] ?? Date.now() % 1_000_000);
const onlyMode = process.env['TURBOPUMP_KILLS_MODE'];
const flushModes = ['ASYNC_FLUSH', 'SYNC_FLUSH'].filter((mode) => mode === (onlyMode ?? mode));
const shortLifeMs = { from: 5, to: 50 };
const longLifeMs = { from: 200, to: kills < 200 ? 500 : 3000 };
const startsKilledMost = 3;
const reportEveryKills = 50;
const topic = 'CrashTopic';
const none = { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] };

class Killing {
  readonly #broker: Server;
  readonly #ledger: Ledger;
  readonly #load: Load;
  readonly #random = seededRandom(seed);
  readonly #seen: Inspection;
  readonly #began = performance.now();
  #bootMs = 0;
  done = 0;
  beforeReady = 0;

  constructor(broker: Server, ledger: Ledger) {
    this.#broker = broker;
    this.#ledger = ledger;
    this.#load = new Load(broker.address, topic, ledger, { connections: 4, inFlight: 8 });
    this.#seen = new Inspection(ledger);
  }

  async run(mode: string): Promise<void> {
    for (let reported = 0; this.done < kills; ) {
      await this.#life();
      if (this.#random(4) === 0) await this.#killStarts();
      // A start that fails rejects and ends the test: start-up failures 0.
      const began = performance.now();
      await this.#broker.start();
      this.#bootMs = performance.now() - began;
      await readOn(this.#broker.address, topic, this.#seen);
      assert.equal(this.#seen.verdict(), none, `after kill ${this.done}`);
      if (this.done - reported < reportEveryKills) continue;
      reported = this.done;
      const seconds = Math.round((performance.now() - this.#began) / 1000);
      console.log(`${mode}: ${this.done} of ${kills} kills, ${seconds} s, ${this.counts()}`);
    }
    await this.#load.close();
  }

  counts(): string {
    const { triedCount, acknowledgedCount } = this.#ledger;
    return `${triedCount} tried, ${acknowledgedCount} acknowledged`;
  }

  async #life(): Promise<void> {
    this.#load.start();
    await this.#load.acknowledgements(1);
    const { from, to } = this.#random(2) === 0 ? shortLifeMs : longLifeMs;
    await setTimeout(from + this.#random(to - from));
    await this.#broker.kill();
    this.done += 1;
    await this.#load.end();
  }

  async #killStarts(): Promise<void> {
    for (let starts = 1 + this.#random(startsKilledMost); starts > 0; starts--) {
      const moment = this.#random(Math.max(1, Math.round(this.#bootMs)));
      if (await this.#broker.startAndKill(moment)) this.beforeReady += 1;
      this.done += 1;
    }
  }
}

for (const flushDiskType of flushModes) {
  test(`${kills} kills with ${flushDiskType} (seed ${seed})`, async () => {
    const machine = new Machine();
    const ledger = new Ledger();
    try {
      const broker = await machine.broker([], {
        flushDiskType,
        mappedFileSizeCommitLog: 1024 * 1024,
        fileReservedTime: 72,
        defaultTopicQueueNums: queues,
      });
      const killing = new Killing(broker, ledger);
      await killing.run(flushDiskType);
      const whole = new Inspection(ledger);
      await readOn(broker.address, topic, whole);
      const verdict = whole.verdict();
      console.log(
        `${flushDiskType}: ${killing.done} kills, ${killing.beforeReady} before it was ready, ` +
          `${killing.counts()}, lost ${verdict.lost.length}, ` +
          `corrupt ${verdict.corrupt.length}, phantom ${verdict.phantom.length}, ` +
          `holes ${verdict.holes.length}, duplicated ${verdict.duplicated.length}`,
      );
      assert.ok(ledger.acknowledgedCount > kills, 'the load must have run');
      assert.ok(killing.beforeReady > 0, 'a start must have been killed');
      assert.equal(verdict, none);
    } finally {
      await machine.close();
    }
  });
}

test.run();

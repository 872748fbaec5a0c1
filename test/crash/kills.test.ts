/**
 * kill -9 at random moments under load, in both flush modes, with segments so small that rolls
 * are frequent: nothing acknowledged is lost, nothing is corrupt, invented or missing between,
 * and every start succeeds. TURBOPUMP_KILLS sets the number of kills per flush mode.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../integration/mutation.ts';
import { Machine } from '../integration/servers.ts';
import { Ledger } from './ledger.ts';
import { Load, readAll } from './load.ts';

const kills = Number(process.env['TURBOPUMP_KILLS'] ?? 40);
const seed = Number(process.env['TURBOPUMP_SEED'] ?? Date.now() % 1_000_000);
const longestRunMs = 400;
const topic = 'CrashTopic';

for (const flushDiskType of ['ASYNC_FLUSH', 'SYNC_FLUSH']) {
  test(`${kills} kills with ${flushDiskType} (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const machine = new Machine();
    const ledger = new Ledger();
    try {
      const broker = await machine.broker([], {
        flushDiskType,
        mappedFileSizeCommitLog: 1024 * 1024,
        fileReservedTime: 72,
      });
      const load = new Load(broker.address, topic, ledger, { connections: 4, inFlight: 8 });
      for (let kill = 0; kill < kills; kill++) {
        load.start();
        await load.acknowledgements(1);
        await new Promise((resolve) => setTimeout(resolve, random(longestRunMs)));
        await broker.kill();
        await load.end();
        // A start that fails rejects here and ends the test: start-up failures 0.
        await broker.start();
      }
      await load.close();
      const verdict = ledger.judge(await readAll(broker.address, topic));
      console.log(
        `${flushDiskType}: ${kills} kills, ${ledger.triedCount} tried, ` +
          `${ledger.acknowledgedCount} acknowledged, lost ${verdict.lost.length}, ` +
          `corrupt ${verdict.corrupt.length}, phantom ${verdict.phantom.length}, ` +
          `holes ${verdict.holes.length}, duplicated ${verdict.duplicated.length}`,
      );
      assert.ok(ledger.acknowledgedCount > kills, 'the load must have run');
      const none = { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] };
      assert.equal(verdict, none);
    } finally {
      await machine.close();
    }
  });
}

test.run();

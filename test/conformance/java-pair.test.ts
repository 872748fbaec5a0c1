/** Java's own mqadmin at a pair of ours: both rows of clusterList, and both sides of haStatus. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomes, Pair } from '../integration/pair.ts';
import { Machine } from '../integration/servers.ts';
import { missingForJava } from '../oracle/java.ts';
import { javaMqadmin } from '../oracle/java-mqadmin.ts';
import { haveTools } from './outside-tools.ts';

const test = suite("Java's mqadmin at a pair");
const soonMs = 15_000;

async function check(): Promise<void> {
  const machine = new Machine();
  try {
    const nameServer = await machine.nameServer();
    const master = await machine.shipped('2m-2s-sync/broker-a', [nameServer]);
    const slave = await machine.shipped('2m-2s-sync/broker-a-s', [nameServer]);
    const pair = new Pair(machine, nameServer, master, slave);
    await becomes(soonMs, 'a send is on both', async () => (await pair.send('Pair')) === 0);
    const end = await pair.caughtUp(soonMs);
    await pair.close();
    const [list = '', ofMaster = '', ofSlave = ''] = await javaMqadmin(nameServer.address, [
      ['clusterList'],
      ['haStatus', '-b', master.address],
      ['haStatus', '-b', slave.address],
    ]);
    for (const [id, { address }] of [master, slave].entries()) {
      assert.match(list, new RegExp(`DefaultCluster +broker-a +${id} +${address} +V5_3_3 `));
    }
    assert.match(ofMaster, new RegExp(`#MasterCommitLogMaxOffset\\t${end}\n#SlaveNum\\t1`));
    assert.match(ofMaster, new RegExp(`127\\.0\\.0\\.1:\\d+ +${end} +0 +[\\d.]+ +OK`));
    assert.match(ofSlave, new RegExp(`#CommitLogMaxOffset\\s+${end}`));
  } finally {
    await machine.close();
  }
}

if (await haveTools("Java's mqadmin at a pair", await missingForJava())) {
  test('clusterList prints ids 0 and 1, haStatus both sides', check);
} else {
  test.skip("Java's mqadmin at a pair", () => undefined);
}

test.run();

/** What a master that comes back takes from its slaves before it serves. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { takeOffsetsOfSlaves } from '../../../src/broker/ha/returning-offsets.ts';
import {
  decodeOffsetTable,
  encodeOffsetTable,
  type OffsetReset,
} from '../../../src/broker/offsets/offset-file.ts';
import { Offsets } from '../../../src/broker/offsets/offsets.ts';
import { freePort } from '../../../src/config/free-port.ts';
import type { ConsumerOffset } from '../../../src/dataplane/data-plane.ts';
import { FakeDataPlane } from '../../../src/dataplane/fake.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { stringifyJson } from '../../../src/remoting/fastjson.ts';
import { BrokerRig } from '../support/broker-rig.ts';
import { serveOverSocket } from '../support/socket-door.ts';

const test = suite('offsets of a returning master');

function at(offset: number, topic = 'T') {
  return { group: 'G', topic, queueId: 0, offset };
}

function partsOf(dataPlane: FakeDataPlane) {
  return { dataPlane, offsets: new Offsets('unsaved.json', dataPlane, Date.now) };
}

/** A slave with these offsets, which knows of these resets. */
async function slaveWith(offsets: ConsumerOffset[], resets: OffsetReset[]): Promise<BrokerRig> {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-returning-'));
  mkdirSync(join(folder, 'config'));
  const table = encodeOffsetTable({ version: 1, offsets, resets, savedMs: 0 });
  writeFileSync(join(folder, 'config', 'consumerOffset.json'), table);
  return BrokerRig.start({}, folder);
}

test('what a slave had before a reset here is not taken, what came after it is', async () => {
  const own = partsOf(new FakeDataPlane());
  const queue = { queueId: 0, minOffset: 0, maxOffset: 20, lastUpdateTimestamp: 0 };
  own.dataPlane.bounds.set('T', [queue]);
  own.dataPlane.setConsumerOffsets([at(8)]);
  own.offsets.reset([at(2)]);
  const { resets } = decodeOffsetTable(stringifyJson(own.offsets.json()));
  for (const [offset, known, taken] of [
    [8, [], 2],
    [5, resets, 5],
  ] as const) {
    const slave = await slaveWith([at(offset)], [...known]);
    const door = await serveOverSocket(slave);
    await takeOffsetsOfSlaves([door.address], own, silentLogger());
    assert.equal(own.dataPlane.consumerOffsets().offsets, [at(taken)]);
    await door.close();
    await slave.destroy();
  }
});

test('newer offsets are taken, older ones and those past the end are not', async () => {
  const slave = await BrokerRig.start();
  const door = await serveOverSocket(slave);
  slave.dataPlane.setConsumerOffsets([at(8), at(50, 'Short'), at(2, 'Ahead'), at(4, 'Gone')]);
  const own = new FakeDataPlane();
  const queue = { queueId: 0, minOffset: 0, maxOffset: 20, lastUpdateTimestamp: 0 };
  for (const topic of ['T', 'Short', 'Ahead']) own.bounds.set(topic, [queue]);
  own.setConsumerOffsets([at(5), at(3, 'Short'), at(6, 'Ahead')]);
  const dead = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const moved = await takeOffsetsOfSlaves([dead, door.address], partsOf(own), silentLogger());
  assert.is(moved, 2);
  const offsets = new Map(own.consumerOffsets().offsets.map((each) => [each.topic, each.offset]));
  assert.equal(
    [...offsets],
    [
      ['T', 8],
      ['Short', 20],
      ['Ahead', 6],
    ],
  );
  await door.close();
  await slave.destroy();
});

test('a slave that accepts and never answers costs one second', async () => {
  const own = new FakeDataPlane();
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const address = mute.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const begunMs = Date.now();
  await takeOffsetsOfSlaves([`127.0.0.1:${port}`], partsOf(own), silentLogger());
  assert.ok(Date.now() - begunMs < 2000);
  mute.close();
});

test.run();

/** What a master that comes back takes from its slaves before it serves. */
import { createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { takeOffsetsOfSlaves } from '../../../src/broker/ha/returning-offsets.ts';
import { freePort } from '../../../src/config/free-port.ts';
import { FakeDataPlane } from '../../../src/dataplane/fake.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { BrokerRig } from '../support/broker-rig.ts';
import { serveOverSocket } from '../support/socket-door.ts';

const test = suite('offsets of a returning master');

function at(offset: number, topic = 'T') {
  return { group: 'G', topic, queueId: 0, offset };
}

test('newer offsets are taken, older ones and those past the end are not', async () => {
  const slave = await BrokerRig.start();
  const door = await serveOverSocket(slave);
  slave.dataPlane.setConsumerOffsets([at(8), at(50, 'Short'), at(2, 'Ahead'), at(4, 'Gone')]);
  const own = new FakeDataPlane();
  const queue = { queueId: 0, minOffset: 0, maxOffset: 20, lastUpdateTimestamp: 0 };
  for (const topic of ['T', 'Short', 'Ahead']) own.bounds.set(topic, [queue]);
  own.setConsumerOffsets([at(5), at(3, 'Short'), at(6, 'Ahead')]);
  const dead = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const moved = await takeOffsetsOfSlaves([dead, door.address], own, silentLogger());
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
  await takeOffsetsOfSlaves([`127.0.0.1:${port}`], own, silentLogger());
  assert.ok(Date.now() - begunMs < 2000);
  mute.close();
});

test.run();

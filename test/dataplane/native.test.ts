import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeRecords } from '../../src/admin/message-record.ts';
import type { DataPlane, UpBatch, WantedName } from '../../src/dataplane/data-plane.ts';
import { DataPlaneMisuseError, StoreInUseError } from '../../src/dataplane/errors.ts';
import { openDataPlane } from '../../src/dataplane/native.ts';
import { decodeFrame, encodeFrame } from '../../src/remoting/frame.ts';
import { createResponse, reply } from '../../src/remoting/remoting-command.ts';
import { RawClient } from './raw-client.ts';
import { delta, GROUP, inFolder, options, TOPIC, topic, WORLD } from './world.ts';

const noBatch = (): void => undefined;

async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return null;
}

test('a message is sent, pulled, and still there after a restart', () =>
  inFolder(async (folder) => {
    let plane: DataPlane = await openDataPlane(options(folder));
    assert.ok(plane.recovery.cleanShutdown);
    assert.is(plane.publish(WORLD), 1);
    let ports = await plane.listen(noBatch);
    assert.ok(ports.fastListenPort !== null && ports.fastListenPort !== ports.listenPort);
    let client = await RawClient.open(ports.listenPort);
    const sent = await client.send(TOPIC, 'hello');
    assert.is(sent.code, 0, sent.remark ?? '');
    assert.is(sent.extFields.get('queueOffset'), '0');
    plane.setConsumerOffsets([{ group: GROUP, topic: TOPIC, queueId: 0, offset: 1 }]);
    assert.equal(plane.consumerOffsets().offsets, [
      { group: GROUP, topic: TOPIC, queueId: 0, offset: 1 },
    ]);
    plane.advanceConsumerOffsets([{ group: GROUP, topic: TOPIC, queueId: 0, offset: 0 }]);
    assert.is(plane.consumerOffsets().offsets[0]?.offset, 1, 'never back');
    const status = plane.logStatus();
    assert.is(status.poisoned, null);
    assert.ok(status.maxPhysicalOffset > 0);
    assert.equal(
      plane.counters().topics.map((count) => [count.topic, count.putMessages]),
      [[TOPIC, 1]],
    );
    client.close();
    await plane.close();

    plane = await openDataPlane(options(folder));
    assert.ok(plane.recovery.cleanShutdown);
    assert.is(plane.recovery.maxPhysicalOffset, status.maxPhysicalOffset);
    plane.publish(WORLD);
    ports = await plane.listen(noBatch);
    client = await RawClient.open(ports.listenPort);
    const pulled = await client.pull(GROUP, TOPIC, 0);
    assert.is(pulled.code, 0);
    const bodies = decodeRecords(pulled.body).map((one) => Buffer.from(one.body).toString());
    assert.equal(bodies, ['hello']);
    assert.equal(
      plane.queueBounds(TOPIC).map((queue) => [queue.queueId, queue.minOffset, queue.maxOffset]),
      [[0, 0, 1]],
    );
    client.close();
    await plane.close();
  }));

test('a held pull is woken by a send on another connection', () =>
  inFolder(async (folder) => {
    const plane = await openDataPlane(options(folder));
    plane.publish(WORLD);
    const { listenPort } = await plane.listen(noBatch);
    const [puller, sender] = [await RawClient.open(listenPort), await RawClient.open(listenPort)];
    const pulled = puller.pull(GROUP, TOPIC, 0);
    const first = await Promise.race([pulled, sender.send(TOPIC, 'news')]);
    assert.is(first.code, 0);
    assert.is(decodeRecords((await pulled).body).length, 1);
    puller.close();
    sender.close();
    await plane.close();
  }));

test('cold requests and unknown names go up, answers come down', () =>
  inFolder(async (folder) => {
    const plane = await openDataPlane(options(folder));
    plane.publish(WORLD);
    const wanted: WantedName[] = [];
    const closed: number[] = [];
    let heardOfEnd: () => void = noBatch;
    const ended = new Promise<void>((resolve) => {
      heardOfEnd = resolve;
    });
    const { listenPort } = await plane.listen((batch: UpBatch) => {
      for (const { connection, frame } of batch.frames) {
        const request = decodeFrame(frame);
        plane.send(connection, encodeFrame(createResponse(request, reply(0, { remark: 'up' }))));
      }
      for (const name of batch.wanted) {
        wanted.push(name);
        plane.publish(delta({ topics: [topic(name.name)] }));
        plane.resolveWanted(name.kind, name.name, null);
      }
      closed.push(...batch.closed);
      if (batch.closed.length > 0) heardOfEnd();
    });
    const client = await RawClient.open(listenPort);
    const answers = await Promise.all([1, 2, 3].map(() => client.call(34, {})));
    assert.equal(
      answers.map((answer) => answer.remark),
      ['up', 'up', 'up'],
    );
    assert.is((await client.send('Fresh', 'x')).code, 0);
    assert.is(wanted.length, 1);
    assert.is(wanted[0]?.defaultTopic, 'TBW102');
    assert.is(wanted[0]?.internal, false);
    client.close();
    await ended;
    assert.is(closed.length, 1);
    assert.is(plane.counters().connections, 0);
    await plane.close();
  }));

test('deleting a topic removes its messages and offsets', () =>
  inFolder(async (folder) => {
    const plane = await openDataPlane(options(folder));
    plane.publish(WORLD);
    const { listenPort } = await plane.listen(noBatch);
    const client = await RawClient.open(listenPort);
    await client.send(TOPIC, 'x');
    plane.setConsumerOffsets([{ group: GROUP, topic: TOPIC, queueId: 0, offset: 1 }]);
    plane.publish(delta({ removedTopics: [TOPIC] }));
    await plane.deleteTopic(TOPIC);
    assert.equal(plane.queueBounds(TOPIC), []);
    assert.equal(plane.consumerOffsets().offsets, []);
    assert.is((await client.pull(GROUP, TOPIC, 0)).code, 17);
    client.close();
    await plane.close();
  }));

test('errors come with their code and class', () =>
  inFolder(async (folder) => {
    const plane = await openDataPlane(options(folder));
    const inUse = await refusal(() => openDataPlane(options(folder)));
    assert.instance(inUse, StoreInUseError);
    const invalid = await refusal(() => openDataPlane({ ...options(folder), eventLoops: 0 }));
    assert.match(String(invalid), /eventLoops/);
    const closing = plane.close();
    assert.is(plane.close(), closing);
    await closing;
    const late = await refusal(async () => plane.counters());
    assert.instance(late, DataPlaneMisuseError);
    assert.is((late as DataPlaneMisuseError).code, 'CLOSED');
  }));

test('a process whose data plane is closed ends by itself', () =>
  inFolder(async (folder) => {
    const native = new URL('../../src/dataplane/native.js', import.meta.url).href;
    const script = `
      const { openDataPlane } = await import(${JSON.stringify(native)});
      const plane = await openDataPlane(${JSON.stringify(options(folder))});
      await plane.listen(() => undefined);
      await plane.close();
      console.log('closed');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000,
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += String(text);
    });
    const [code, signal] = await once(child, 'close');
    assert.equal([output.trim(), code, signal], ['closed', 0, null]);
  }));

test.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asObject, objectMember, parseJson } from '../../../src/remoting/fastjson.ts';
import type { ExtValues, RemotingCommand } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig, type Client, turn } from '../support/broker-rig.ts';
import { heartbeatBody } from '../support/heartbeats.ts';

const resets = suite('reset offsets');
let rig: BrokerRig;

async function startWith(settings: Record<string, boolean> = {}): Promise<void> {
  rig = await BrokerRig.start(settings);
  await rig.want({ name: 'T', defaultTopicQueueNums: 2 });
  await rig.want({ kind: 'group', name: 'G' });
  rig.dataPlane.bounds.set('T', [
    { queueId: 0, minOffset: 2, maxOffset: 6, lastUpdateTimestamp: 400 },
    { queueId: 1, minOffset: 0, maxOffset: 3, lastUpdateTimestamp: 300 },
  ]);
  rig.dataPlane.storeTimes.set('T@0', [100, 200, 300, 400]);
  rig.dataPlane.storeTimes.set('T@1', [100, 200, 300]);
  rig.dataPlane.setConsumerOffsets([offset(0, 5), offset(1, 1)]);
}

resets.before.each(() => startWith());
resets.after.each(() => rig.destroy());

function offset(queueId: number, value: number) {
  return { group: 'G', topic: 'T', queueId, offset: value };
}

function reset(fields: ExtValues): Promise<RemotingCommand> {
  const extFields = { topic: 'T', group: 'G', timestamp: 300, isForce: true, ...fields };
  return rig.client().call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { extFields });
}

async function online(clientId: string): Promise<Client> {
  const client = rig.client();
  const body = heartbeatBody({ clientId, group: 'G', topics: ['T'] });
  await client.call(RequestCode.HEART_BEAT, { body });
  return client;
}

resets('a time moves every queue and every running consumer', async () => {
  const answer = await reset({});
  assert.is(answer.code, ResponseCode.SUCCESS, answer.remark ?? '');
  assert.equal(rig.dataPlane.resets, [offset(0, 4), offset(1, 2)]);
  const table = objectMember(asObject(parseJson(answer.body), 'answer'), 'offsetTable');
  const rows = [...(table ?? [])].map(([queue, to]) => [
    asObject(queue instanceof Map ? queue : null, 'queue').get('queueId'),
    to,
  ]);
  assert.equal(rows, [
    [0, 4],
    [1, 2],
  ]);
  assert.match(Buffer.from(answer.body).toString(), '"brokerName":"broker-a"');
});

resets('time -1 is the end: what has accumulated is skipped', async () => {
  await reset({ timestamp: -1 });
  assert.equal(rig.dataPlane.resets, [offset(0, 6), offset(1, 3)]);
});

resets('one queue goes to an offset within its bounds', async () => {
  assert.is((await reset({ queueId: 0, offset: 3 })).code, ResponseCode.SUCCESS);
  assert.equal(rig.dataPlane.resets, [offset(0, 3)]);
  for (const fields of [
    { queueId: 0, offset: 1 },
    { queueId: 0, offset: 7 },
    { queueId: 9, offset: 0 },
  ]) {
    assert.is((await reset(fields)).code, ResponseCode.SYSTEM_ERROR, JSON.stringify(fields));
  }
  assert.is(rig.dataPlane.resets.length, 1, 'nothing of a refused reset is done');
});

resets('unknown topics and groups are refused with Java’s codes', async () => {
  assert.is((await reset({ topic: 'no' })).code, ResponseCode.TOPIC_NOT_EXIST);
  assert.is((await reset({ group: 'no' })).code, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
});

resets('members are told with 220 when the server side does not do it alone', async () => {
  await rig.destroy();
  await startWith({ useServerSideResetOffset: false });
  assert.is((await reset({})).code, ResponseCode.CONSUMER_NOT_ONLINE);
  const client = await online('c');
  client.asked.length = 0;
  assert.is((await reset({ isForce: false })).code, ResponseCode.SUCCESS);
  await turn();
  const notice = client.asked.find(({ code }) => code === RequestCode.RESET_CONSUMER_CLIENT_OFFSET);
  assert.is(notice?.flag, 2, 'oneway');
  assert.is(notice?.extFields.get('group'), 'G');
  assert.match(Buffer.from(notice?.body ?? []).toString(), '"queueId":0,"topic":"T"}:4');
  assert.equal(rig.dataPlane.resets, [offset(0, 4), offset(1, 1)], 'forward only by force');
});

resets('the offsets of a group are copied to another one', async () => {
  const clone = (fields: ExtValues) =>
    rig.client().call(RequestCode.CLONE_GROUP_OFFSET, {
      extFields: { srcGroup: 'G', destGroup: 'H', ...fields },
    });
  assert.is((await clone({ topic: 'T' })).code, ResponseCode.SUCCESS);
  assert.equal(
    rig.dataPlane.groupOffsets('H').map((each) => each.offset),
    [5, 1],
  );
  assert.is((await clone({ destGroup: 'a/b' })).code, ResponseCode.INVALID_PARAMETER);
});

resets('the lowest offset of all groups, and where one has nothing to correct', async () => {
  rig.dataPlane.setConsumerOffsets([
    { group: 'H', topic: 'T', queueId: 0, offset: 3 },
    { group: 'H', topic: 'T', queueId: 1, offset: 2 },
    { group: 'Low', topic: 'T', queueId: 0, offset: 1 },
  ]);
  const ask = async (fields: ExtValues) => {
    const answer = await rig.client().call(RequestCode.QUERY_CORRECTION_OFFSET, {
      extFields: { topic: 'T', compareGroup: 'H', ...fields },
    });
    return Buffer.from(answer.body).toString();
  };
  assert.is(await ask({}), '{"correctionOffsets":{0:3,1:1}}', 'Low is below the queue');
  const others = await ask({ filterGroups: 'H' });
  assert.is(others, '{"correctionOffsets":{0:9223372036854775807,1:1}}');
});

resets('how old is what a group waits for', async () => {
  rig.nowMs = 1000;
  const answer = await rig.client().call(RequestCode.QUERY_CONSUME_TIME_SPAN, {
    extFields: { topic: 'T', group: 'G' },
  });
  const text = Buffer.from(answer.body).toString();
  assert.match(text, '"consumeTimeStamp":300,"delayTime":600,"maxTimeStamp":400');
  assert.match(text, '"consumeTimeStamp":100,"delayTime":800,"maxTimeStamp":300');
});

resets('317 tells how far every group is', async () => {
  const answer = await rig.client().call(RequestCode.GET_BROKER_CONSUME_STATS, {
    extFields: { isOrder: false },
  });
  const body = asObject(parseJson(answer.body), 'answer');
  assert.is(body.get('totalDiff'), 3);
  assert.match(Buffer.from(answer.body).toString(), '"lastTimestamp":300');
  const ordered = await rig.client().call(RequestCode.GET_BROKER_CONSUME_STATS, {
    extFields: { isOrder: true },
  });
  assert.is(asObject(parseJson(ordered.body), 'answer').get('totalDiff'), 0);
});

resets.run();

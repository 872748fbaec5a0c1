import { readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConsumerOffset } from '../../../src/dataplane/data-plane.ts';
import { asObject, objectMember, parseJson } from '../../../src/remoting/fastjson.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig } from '../support/broker-rig.ts';
import { heartbeatBody } from '../support/heartbeats.ts';

const progress = suite('progress');
let rig: BrokerRig;
progress.before.each(async () => {
  rig = await BrokerRig.start();
  await rig.want({ name: 'T', defaultTopicQueueNums: 2 });
});
progress.after.each(async () => {
  await rig.destroy();
});

const offset = (queueId: number, value: number): ConsumerOffset => ({
  group: 'G',
  topic: 'T',
  queueId,
  offset: value,
});

progress('offsets and delay levels outlive a restart, in Java’s files', async () => {
  rig.dataPlane.setConsumerOffsets([offset(0, 5), offset(1, 2 ** 53 - 1)]);
  rig.dataPlane.setDelayProgress([{ level: 3, offset: 44 }]);
  await rig.stop();
  assert.match(readFileSync(rig.path('consumerOffset.json'), 'utf8'), /"T@G":\{\s+0:5,\s+1:9007/);
  assert.match(readFileSync(rig.path('delayOffset.json'), 'utf8'), /"offsetTable":\{\s+3:44\s+\}/);
  const again = await BrokerRig.start({}, rig.folder);
  assert.equal(again.dataPlane.consumerOffsets().offsets, [offset(0, 5), offset(1, 2 ** 53 - 1)]);
  assert.equal(again.dataPlane.delayProgress(), [{ level: 3, offset: 44 }]);
  await again.stop();
});

progress('a torn offset file gives way to its backup', async () => {
  rig.dataPlane.setConsumerOffsets([offset(0, 5)]);
  await rig.stop();
  const whole = readFileSync(rig.path('consumerOffset.json'), 'utf8');
  writeFileSync(rig.path('consumerOffset.json.bak'), whole);
  writeFileSync(rig.path('consumerOffset.json'), whole.slice(0, 60));
  const again = await BrokerRig.start({}, rig.folder);
  assert.equal(again.dataPlane.consumerOffsets().offsets, [offset(0, 5)]);
  await again.stop();
});

progress('208 sets what is stored against what is consumed', async () => {
  rig.dataPlane.bounds.set('T', [
    { queueId: 0, minOffset: 2, maxOffset: 9, lastUpdateTimestamp: 1000 },
    { queueId: 1, minOffset: 0, maxOffset: 3, lastUpdateTimestamp: 2000 },
  ]);
  rig.dataPlane.storeTimes.set('T@0', [100, 200, 300, 300, 500, 600, 1000]);
  rig.dataPlane.setConsumerOffsets([offset(0, 5), offset(1, 3)]);
  const answer = await rig.client().call(RequestCode.GET_CONSUME_STATS, {
    extFields: { consumerGroup: 'G' },
  });
  const table = objectMember(asObject(parseJson(answer.body), 'stats'), 'offsetTable');
  const rows = [...(table?.values() ?? [])].map((row) => Object.fromEntries(asObject(row, 'row')));
  assert.equal(rows, [
    { brokerOffset: 9, consumerOffset: 5, lastTimestamp: 300, pullOffset: 5 },
    { brokerOffset: 3, consumerOffset: 3, lastTimestamp: 2000, pullOffset: 3 },
  ]);
});

progress(
  '208 leaves out topics that live members do not subscribe, unless they are named',
  async () => {
    rig.dataPlane.setConsumerOffsets([offset(0, 5)]);
    const client = rig.client();
    const body = heartbeatBody({ clientId: 'c', group: 'G', topics: ['Other'] });
    await client.call(RequestCode.HEART_BEAT, { body });
    const rows = async (extFields: Record<string, string>): Promise<number> => {
      const answer = await client.call(RequestCode.GET_CONSUME_STATS, { extFields });
      const json = asObject(parseJson(answer.body), 'stats');
      return objectMember(json, 'offsetTable')?.size ?? -1;
    };
    assert.is(await rows({ consumerGroup: 'G' }), 0);
    assert.is(await rows({ consumerGroup: 'G', topicList: 'T;' }), 2);
  },
);

progress('who consumes a topic: live subscribers and those with offsets', async () => {
  rig.dataPlane.setConsumerOffsets([offset(0, 5)]);
  const client = rig.client();
  const body = heartbeatBody({ clientId: 'c', group: 'Live', topics: ['T'] });
  await client.call(RequestCode.HEART_BEAT, { body });
  const who = await client.call(RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, {
    extFields: { topic: 'T' },
  });
  assert.is(Buffer.from(who.body).toString(), '{"groupList":["Live","G"]}');
  const topics = await client.call(RequestCode.QUERY_TOPICS_BY_CONSUMER, {
    extFields: { group: 'G' },
  });
  assert.match(Buffer.from(topics.body).toString(), '"topicList":["T"]');
  const all = await client.call(RequestCode.GET_ALL_CONSUMER_OFFSET);
  assert.match(Buffer.from(all.body).toString(), '"offsetTable":{"T@G":{0:5}}');
});

progress('a deleted group loses its offsets when that is asked', async () => {
  rig.dataPlane.setConsumerOffsets([offset(0, 5)]);
  const client = rig.client();
  await rig.want({ kind: 'group', name: 'G' });
  assert.ok(rig.dataPlane.groups.has('G'));
  const drop = (cleanOffset: boolean) =>
    client.call(RequestCode.DELETE_SUBSCRIPTIONGROUP, {
      extFields: { groupName: 'G', cleanOffset },
    });
  await drop(false);
  assert.not(rig.dataPlane.groups.has('G'));
  assert.is(rig.dataPlane.consumerOffsets().offsets.length, 1);
  await drop(true);
  assert.is(rig.dataPlane.consumerOffsets().offsets.length, 0);
});

progress('groups are created by an administrator and read back', async () => {
  const client = rig.client();
  const body = Buffer.from('{"groupName":"Admin","retryMaxTimes":3,"retryQueueNums":2}');
  const made = await client.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, { body });
  assert.is(made.code, ResponseCode.SUCCESS);
  assert.is(rig.dataPlane.groups.get('Admin')?.retryMaxTimes, 3);
  const read = await client.call(RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, {
    extFields: { group: 'Admin' },
  });
  assert.match(Buffer.from(read.body).toString(), '"retryQueueNums":2');
  const bad = await client.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, {
    body: Buffer.from('{"groupName":"a/b"}'),
  });
  assert.is(bad.code, ResponseCode.INVALID_PARAMETER);
});

progress('a group is not made when autoCreateSubscriptionGroup=false', async () => {
  const strict = await BrokerRig.start({ autoCreateSubscriptionGroup: false });
  const { denial } = await strict.want({ kind: 'group', name: 'G' });
  await strict.destroy();
  assert.is(denial?.code, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
});

progress.run();

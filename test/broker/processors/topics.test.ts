import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asObject, objectMember, parseJson } from '../../../src/remoting/fastjson.ts';
import type { ExtValues, RemotingCommand } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig } from '../support/broker-rig.ts';

const topics = suite('topics');
let rig: BrokerRig;
topics.before.each(async () => {
  rig = await BrokerRig.start();
});
topics.after.each(async () => {
  await rig.destroy();
});

function create(topic: string, more: ExtValues = {}): Promise<RemotingCommand> {
  const extFields = {
    topic,
    defaultTopic: 'TBW102',
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    ...more,
  };
  return rig.client().call(RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields });
}

function tableInFile(): string[] {
  const json = asObject(parseJson(readFileSync(rig.path('topics.json'))), 'topics.json');
  return [...(objectMember(json, 'topicConfigTable')?.keys() ?? [])].map(String);
}

topics('the system topics are in force before the first request', () => {
  const published = rig.dataPlane.topics;
  assert.equal(published.get('TBW102'), {
    name: 'TBW102',
    perm: 7,
    readQueues: 8,
    writeQueues: 8,
    topicSysFlag: 0,
    order: false,
  });
  assert.is(published.get('SCHEDULE_TOPIC_XXXX')?.writeQueues, 18);
  assert.is(published.get('BenchmarkTest')?.readQueues, 1024);
  assert.is(published.get('DefaultCluster')?.perm, 7);
  assert.is(published.get('broker-a')?.readQueues, 1);
  for (const name of ['SELF_TEST_TOPIC', 'OFFSET_MOVED_EVENT', 'DefaultCluster_REPLY_TOPIC']) {
    assert.is(published.get(name)?.readQueues, 1, name);
  }
});

topics('a wanted topic is durable and published before it is granted', async () => {
  let known = false;
  let durable = false;
  const resolved = rig.want({ name: 'Orders', defaultTopicQueueNums: 4 });
  const listen = rig.dataPlane.onResolve;
  rig.dataPlane.onResolve = (resolution) => {
    known = rig.dataPlane.topics.has('Orders');
    durable = tableInFile().includes('Orders');
    listen(resolution);
  };
  const resolution = await resolved;
  assert.is(resolution.denial, null);
  assert.equal([known, durable], [true, true]);
  const made = rig.dataPlane.topics.get('Orders');
  assert.equal([made?.readQueues, made?.perm], [4, 6], 'the client’s 4 queues, without inherit');
  await rig.want({ name: 'Wide', defaultTopicQueueNums: 100 });
  assert.is(rig.dataPlane.topics.get('Wide')?.readQueues, 8, 'at most those of TBW102');
});

topics('what may not be made is denied with RocketMQ’s answer', async () => {
  const denied = async (name: string, defaultTopic: string) =>
    (await rig.want({ name, defaultTopic })).denial;
  const missing = await denied('X', 'no-such-default');
  assert.is(missing?.code, ResponseCode.TOPIC_NOT_EXIST);
  assert.match(missing?.remark ?? '', /^topic\[X\] not exist, apply first please!\nSee https:/);
  assert.is((await denied('X', 'SELF_TEST_TOPIC'))?.code, ResponseCode.TOPIC_NOT_EXIST);
  assert.is((await denied('../../etc', 'TBW102'))?.code, ResponseCode.INVALID_PARAMETER);
  assert.is((await denied('a'.repeat(128), 'TBW102'))?.code, ResponseCode.INVALID_PARAMETER);
  const closed = await denied('SCHEDULE_TOPIC_XXXX', 'TBW102');
  assert.is(closed?.remark, 'Sending message to topic[SCHEDULE_TOPIC_XXXX] is forbidden.');
  assert.not(tableInFileOrEmpty().includes('X'));
});

function tableInFileOrEmpty(): string[] {
  return existsSync(rig.path('topics.json')) ? tableInFile() : [];
}

topics('retry and dead-letter topics are made for the data plane', async () => {
  await rig.want({ name: '%DLQ%G', internal: true, defaultTopic: null });
  await rig.want({ name: '%RETRY%G', internal: true, defaultTopic: null });
  assert.is(rig.dataPlane.topics.get('%DLQ%G')?.writeQueues, 1);
  assert.is(rig.dataPlane.topics.get('%RETRY%G')?.perm, 6);
});

topics('autoCreateTopicEnable=false makes none', async () => {
  const strict = await BrokerRig.start({ autoCreateTopicEnable: false });
  const { denial } = await strict.want({ name: 'Orders' });
  await strict.destroy();
  assert.is(denial?.code, ResponseCode.TOPIC_NOT_EXIST);
});

topics('a topic is created, changed, read, listed and deleted', async () => {
  assert.is((await create('T', { attributes: '+message.type=FIFO' })).code, ResponseCode.SUCCESS);
  assert.is(rig.dataPlane.topics.get('T')?.readQueues, 4);
  assert.ok(tableInFile().includes('T'));
  await create('T', { readQueueNums: 6, perm: 4 });
  assert.equal(
    [rig.dataPlane.topics.get('T')?.readQueues, rig.dataPlane.topics.get('T')?.perm],
    [6, 4],
  );
  const client = rig.client();
  const one = await client.call(RequestCode.GET_TOPIC_CONFIG, { extFields: { topic: 'T' } });
  assert.match(Buffer.from(one.body).toString(), '"attributes":{"message.type":"FIFO"}');
  const all = await client.call(RequestCode.GET_ALL_TOPIC_CONFIG);
  assert.match(Buffer.from(all.body).toString(), '"topicName":"T"');
  const gone = await client.call(RequestCode.DELETE_TOPIC_IN_BROKER, { extFields: { topic: 'T' } });
  assert.is(gone.code, ResponseCode.SUCCESS);
  assert.equal(rig.dataPlane.deletedTopics, ['T']);
  assert.not(rig.dataPlane.topics.has('T'));
  assert.not(tableInFile().includes('T'));
  const missing = await client.call(RequestCode.GET_TOPIC_CONFIG, { extFields: { topic: 'T' } });
  assert.is(missing.code, ResponseCode.TOPIC_NOT_EXIST);
});

topics('updates that RocketMQ refuses are refused and change nothing', async () => {
  const refused = [
    create('TBW102'),
    create('rmq_sys_x'),
    create('bad/name'),
    create(''),
    create('T', { perm: 9 }),
    create('T', { readQueueNums: -1 }),
    create('T', { attributes: '+no.such.key=1' }),
    create('T', { attributes: '-message.type' }),
    create('T', { attributes: '+message.type=NONSENSE' }),
    create('T', { writeQueueNums: 'four' }),
  ];
  for (const answer of await Promise.all(refused)) {
    assert.is.not(answer.code, ResponseCode.SUCCESS, answer.remark ?? '');
  }
  const system = await create('TBW102');
  assert.is(system.code, ResponseCode.INVALID_PARAMETER);
  assert.is(system.remark, 'The topic[TBW102] is conflict with system topic.');
  assert.not(rig.dataPlane.topics.has('T'));
});

topics('202 shows the bounds of every queue', async () => {
  await create('T', { readQueueNums: 1, writeQueueNums: 2 });
  rig.dataPlane.bounds.set('T', [
    { queueId: 1, minOffset: 3, maxOffset: 9, lastUpdateTimestamp: 77 },
  ]);
  const answer = await rig.client().call(RequestCode.GET_TOPIC_STATS_INFO, {
    extFields: { topic: 'T' },
  });
  const table = objectMember(asObject(parseJson(answer.body), 'stats'), 'offsetTable');
  const rows = [...(table ?? [])].map(([key, value]) => [
    asObject(key as never, 'queue').get('queueId'),
    asObject(value, 'bounds').get('maxOffset'),
  ]);
  assert.equal(rows, [
    [0, 0],
    [1, 9],
  ]);
});

topics('a restart knows the topics, and takes the backup of a torn file', async () => {
  await create('Kept');
  await create('Later');
  await rig.stop();
  const again = await BrokerRig.start({}, rig.folder);
  assert.ok(again.dataPlane.topics.has('Later'));
  await again.stop();
  writeFileSync(rig.path('topics.json'), '{"topicConfigTable":{"Kept":{"topicN');
  const torn = await BrokerRig.start({}, rig.folder);
  assert.ok(torn.dataPlane.topics.has('Kept'), 'from topics.json.bak');
  await torn.stop();
  writeFileSync(rig.path('topics.json'), '');
  writeFileSync(rig.path('topics.json.bak'), '\0\0\0\0');
  const empty = await BrokerRig.start({}, rig.folder);
  assert.ok(empty.dataPlane.topics.has('TBW102'), 'a bad file never stops a start');
  await empty.stop();
});

topics('a file as Java writes it is read', async () => {
  await rig.stop();
  writeFileSync(
    rig.path('topics.json'),
    [
      '{\n\t"dataVersion":{\n\t\t"counter":4,\n\t\t"stateVersion":0,',
      '\t\t"timestamp":1700000000000\n\t},',
      '\t"topicConfigTable":{\n\t\t"J":{\n\t\t\t"attributes":{},\n\t\t\t"order":true,',
      '\t\t\t"perm":6,\n\t\t\t"readQueueNums":3,\n\t\t\t"topicFilterType":"SINGLE_TAG",',
      '\t\t\t"topicName":"J",\n\t\t\t"topicSysFlag":0,\n\t\t\t"writeQueueNums":3',
      '\t\t}\n\t}\n}',
    ].join('\n'),
  );
  const again = await BrokerRig.start({}, rig.folder);
  assert.is(again.dataPlane.topics.get('J')?.readQueues, 3);
  assert.is(again.dataPlane.topics.get('J')?.order, true);
  await again.stop();
});

topics.run();

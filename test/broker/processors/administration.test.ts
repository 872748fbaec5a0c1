import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExtValues, RemotingCommand } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig } from '../support/broker-rig.ts';

const administration = suite('administration');
let rig: BrokerRig;
administration.before.each(async () => {
  rig = await BrokerRig.start();
  await rig.want({ name: 'T', defaultTopicQueueNums: 1 });
  await rig.want({ kind: 'group', name: 'G' });
});
administration.after.each(() => rig.destroy());

function call(code: number, extFields: ExtValues = {}, body = ''): Promise<RemotingCommand> {
  return rig.client().call(code, { extFields, body: Buffer.from(body) });
}

const textOf = (answer: RemotingCommand): string => Buffer.from(answer.body).toString();

administration('315 tells what the data plane counted, and what it never counted', async () => {
  rig.dataPlane.totals = {
    ...rig.dataPlane.totals,
    topics: [{ topic: 'T', putMessages: 10_000, putBytes: 2_000_000 }],
  };
  rig.nowMs += 10_000;
  const view = (statsName: string, statsKey: string) =>
    call(RequestCode.VIEW_BROKER_STATS_DATA, { statsName, statsKey });
  const figures = '{"avgpt":1,"sum":10000,"tps":1000}';
  assert.is(
    textOf(await view('TOPIC_PUT_NUMS', 'T')),
    `{"statsDay":${figures},"statsHour":${figures},"statsMinute":${figures}}`,
  );
  assert.match(textOf(await view('BROKER_PUT_NUMS', 'DefaultCluster')), '"sum":10000');
  const missing = await view('TOPIC_PUT_NUMS', 'U');
  assert.is(missing.code, ResponseCode.SYSTEM_ERROR);
  assert.is(missing.remark, 'The stats <TOPIC_PUT_NUMS> <U> not exist');
});

administration('321 shows units as they are stored, and the bounds beyond them', async () => {
  rig.dataPlane.bounds.set('T', [
    { queueId: 0, minOffset: 5, maxOffset: 7, lastUpdateTimestamp: 1 },
  ]);
  rig.dataPlane.units.set('T@0', [
    { physicalOffset: 100, sizeBytes: 90, tagsCode: -7 },
    { physicalOffset: 190, sizeBytes: 80, tagsCode: 65 },
  ]);
  const ask = (index: number, fields: ExtValues = {}) =>
    call(RequestCode.QUERY_CONSUME_QUEUE, { topic: 'T', queueId: 0, index, count: 1, ...fields });
  const found = await ask(6);
  assert.is(found.remark, null);
  assert.is(
    textOf(found),
    '{"maxQueueIndex":7,"minQueueIndex":5,' +
      '"queueData":[{"eval":false,"physicOffset":190,"physicSize":80,"tagsCode":65}]}',
  );
  const outside = await ask(7, { consumerGroup: 'G' });
  assert.is(outside.remark, 'Index 7 of 0@T is not exist!');
  assert.match(textOf(outside), '"filterData":"G@T is not online!"');
  assert.is((await ask(0, { queueId: 3 })).code, ResponseCode.SYSTEM_ERROR);
  assert.is((await ask(0, { queueId: -1 })).code, ResponseCode.SYSTEM_ERROR);
});

administration('queues of topics that nobody knows are removed, and no others', async () => {
  for (const name of ['T', 'Gone', 'SCHEDULE_TOPIC_XXXX', '%RETRY%Gone']) {
    rig.dataPlane.bounds.set(name, []);
  }
  assert.is((await call(RequestCode.CLEAN_UNUSED_TOPIC)).code, ResponseCode.SUCCESS);
  assert.equal(rig.dataPlane.deletedTopics, ['Gone', '%RETRY%Gone']);
});

administration(
  'expired files are removed before the answer, and a failure is answered',
  async () => {
    await call(RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE);
    await call(RequestCode.DELETE_EXPIRED_COMMITLOG);
    assert.equal(rig.dataPlane.removedExpired, ['queues', 'log']);
    rig.dataPlane.removeExpired = async () => {
      throw new Error('the disk said no');
    };
    const failed = await call(RequestCode.DELETE_EXPIRED_COMMITLOG);
    assert.is(failed.code, ResponseCode.SYSTEM_ERROR);
    assert.match(failed.remark ?? '', /the disk said no/);
  },
);

administration('request modes are kept and told; what is not served is not promised', async () => {
  const set = (mode: string, topic = 'T') =>
    call(
      RequestCode.SET_MESSAGE_REQUEST_MODE,
      {},
      JSON.stringify({ topic, consumerGroup: 'G', mode, popShareQueueNum: 2 }),
    );
  assert.is((await set('PULL')).code, ResponseCode.SUCCESS);
  const row = '{"consumerGroup":"G","mode":"PULL","popShareQueueNum":2,"topic":"T"}';
  const all = `{"messageRequestModeMap":{"T":{"G":${row}}}}`;
  assert.is(textOf(await call(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE)), all);
  assert.is((await set('PULL', '%RETRY%G')).code, ResponseCode.NO_PERMISSION);
  for (const refused of [await set('POP'), await set('PUSH'), await set('PULL', 'U')]) {
    assert.is(refused.code, ResponseCode.INVALID_PARAMETER);
  }
  await rig.stop();
  const again = await BrokerRig.start({}, rig.folder);
  const kept = await again.client().call(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE);
  assert.is(textOf(kept), all);
  await again.stop();
});

administration('a topic forbidden to a group is policy at once, and on disk', async () => {
  const ask = (readable?: boolean) =>
    call(RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, { group: 'G', topic: 'T', readable });
  assert.is(textOf(await ask()), '{"group":"G","readable":true,"topic":"T"}');
  assert.is(textOf(await ask(false)), '{"group":"G","readable":false,"topic":"T"}');
  assert.equal(rig.dataPlane.groups.get('G')?.forbiddenTopics, ['T']);
  const kept = readFileSync(rig.path('subscriptionGroup.json'), 'utf8').replace(/\s/g, '');
  assert.match(kept, '"forbiddenTable":{"G":{"T":4}}');
  await rig.stop();
  const again = await BrokerRig.start({}, rig.folder);
  assert.equal(again.dataPlane.groups.get('G')?.forbiddenTopics, ['T']);
  await again.client().call(RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, {
    extFields: { group: 'G', topic: 'T', readable: true },
  });
  assert.equal(again.dataPlane.groups.get('G')?.forbiddenTopics, []);
  await again.stop();
});

administration('parts this broker does not have are refused with the reason', async () => {
  const answer = await call(RequestCode.CHECK_ROCKSDB_CQ_WRITE_PROGRESS);
  assert.is(answer.code, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
  assert.match(answer.remark ?? '', /RocksDB/);
});

administration.run();

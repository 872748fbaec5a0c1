import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeKvTable } from '../../../src/remoting/bodies/kv-table.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig } from '../support/broker-rig.ts';

const settings = suite('settings and runtime');
let rig: BrokerRig;
settings.before.each(async () => {
  rig = await BrokerRig.start();
});
settings.after.each(async () => {
  await rig.destroy();
});

function update(text: string) {
  return rig.client().call(RequestCode.UPDATE_BROKER_CONFIG, { body: Buffer.from(text) });
}

settings('all settings are told, with their version', async () => {
  const answer = await rig.client().call(RequestCode.GET_BROKER_CONFIG);
  const lines = Buffer.from(answer.body).toString().split('\n');
  assert.ok(lines.includes('brokerName=broker-a'));
  assert.ok(lines.includes('flushDiskType=ASYNC_FLUSH'));
  assert.match(answer.extFields.get('version') ?? '', /"counter":0/);
});

settings('a change is in force before its answer and kept for the next start', async () => {
  const answer = await update('brokerPermission=4\ntraceOn=false\n');
  assert.is(answer.code, ResponseCode.SUCCESS, answer.remark ?? '');
  assert.is(rig.dataPlane.broker?.brokerPermission, 4);
  assert.is(rig.dataPlane.broker?.traceOn, false);
  const kept = readFileSync(rig.path('broker.properties'), 'utf8');
  assert.is(kept, 'brokerPermission=4\ntraceOn=false\n');
});

settings('paths, unknown keys and values that do not parse are refused, whole', async () => {
  const refused = [
    'storePathRootDir=/elsewhere',
    'brokerConfigPath=/etc/passwd',
    'rocketmqHome=/x',
    'noSuchKey=1',
    'brokerPermission=many',
    'traceOn=false\nstorePathCommitLog=/x',
  ];
  for (const text of refused) {
    assert.is.not((await update(text)).code, ResponseCode.SUCCESS, text);
  }
  assert.is((await update('brokerConfigPath=/x')).code, ResponseCode.NO_PERMISSION);
  assert.is(rig.dataPlane.broker?.traceOn, true, 'nothing of a refused change is applied');
});

settings('the runtime table has what clusterList reads', async () => {
  rig.nowMs += 90_061_000;
  rig.dataPlane.totals = {
    ...rig.dataPlane.totals,
    topics: [{ topic: 'T', putMessages: 10, putBytes: 2560 }],
    failedPuts: 3,
    foundPulls: 2,
    groups: [
      {
        group: 'G',
        topic: 'T',
        getMessages: 4,
        getBytes: 1024,
        getTimes: 2,
        sendBackMessages: 0,
      },
    ],
  };
  const answer = await rig.client().call(RequestCode.GET_BROKER_RUNTIME_INFO);
  const table = decodeKvTable(answer.body);
  const expected = {
    brokerActive: 'true',
    brokerVersionDesc: 'V5_3_3',
    runtime: '[ 1 days, 1 hours, 1 minutes, 1 seconds ]',
    msgPutTotalTodayNow: '10',
    msgGetTotalTodayNow: '4',
    putMessageAverageSize: '256',
    putMessageFailedTimes: '3',
    sendThreadPoolQueueSize: '0',
    timerReadBehind: '0',
  };
  for (const [key, value] of Object.entries(expected)) assert.is(table.get(key), value, key);
  for (const key of ['putTps', 'getFoundTps', 'getMissTps', 'getTotalTps', 'getTransferredTps']) {
    assert.is(table.get(key)?.split(' ').length, 3, key);
  }
  assert.ok(Number(table.get('getFoundTps')?.split(' ')[0]) > 0);
  assert.match(table.get('commitLogDirCapacity') ?? '', /^Total : [\d.]+ [KMGTPE]iB, Free : /);
});

settings.run();

/** Every key that may be changed while a broker runs: in force at once, and after a restart. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyOwnFile } from '../../../src/broker/settings/live-settings.ts';
import { BROKER_KEYS } from '../../../src/config/broker-keys.ts';
import { NETTY_SERVER_KEYS } from '../../../src/config/netty-server-keys.ts';
import { brokerSettings } from '../../../src/config/roles.ts';
import { STORE_KEYS } from '../../../src/config/store-keys.ts';
import type { RemotingCommand } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig, turn } from '../support/broker-rig.ts';
import { heartbeatBody } from '../support/heartbeats.ts';

const live = suite('live settings');
let rig: BrokerRig;
live.before.each(async () => {
  rig = await BrokerRig.start();
});
live.after.each(() => rig.destroy());

/** What shows that the value is in force; the value differs from the default. */
const EFFECTS: Record<string, [value: string, isInForce: () => boolean | Promise<boolean>]> = {
  draining: ['true', () => rig.dataPlane.broker?.rejectSends?.includes('drained') === true],
  brokerPermission: ['4', () => rig.dataPlane.broker?.brokerPermission === 4],
  slaveReadEnable: ['true', () => rig.dataPlane.broker?.slaveReadEnable === true],
  longPollingEnable: ['false', () => rig.dataPlane.broker?.longPollingEnable === false],
  shortPollingTimeMills: ['77', () => rig.dataPlane.broker?.shortPollingTimeMs === 77],
  traceOn: ['false', () => rig.dataPlane.broker?.traceOn === false],
  maxTransferBytesOnMessageInMemory: [
    '4096',
    () => rig.dataPlane.broker?.maxTransferBytesInMemory === 4096,
  ],
  maxTransferCountOnMessageInMemory: [
    '9',
    () => rig.dataPlane.broker?.maxTransferCountInMemory === 9,
  ],
  autoCreateSubscriptionGroup: [
    'false',
    async () => (await rig.want({ kind: 'group', name: 'New' })).denial !== null,
  ],
  autoCreateTopicEnable: ['false', async () => (await rig.want({ name: 'New' })).denial !== null],
  defaultTopicQueueNums: [
    '3',
    async () => {
      await rig.want({ name: 'New', defaultTopicQueueNums: 16 });
      return rig.dataPlane.topics.get('New')?.writeQueues === 3;
    },
  ],
  useServerSideResetOffset: ['false', resetsOnlyWhoIsOnline],
  notifyConsumerIdsChangedEnable: ['false', async () => (await noticesOfASecondMember()) === 0],
  // Read anew for each registration.
  registerNameServerPeriod: ['11000', () => shown('registerNameServerPeriod=11000')],
  registerBrokerTimeoutMills: ['900', () => shown('registerBrokerTimeoutMills=900')],
};

function update(text: string): Promise<RemotingCommand> {
  return rig.client().call(RequestCode.UPDATE_BROKER_CONFIG, { body: Buffer.from(text) });
}

async function shown(line: string): Promise<boolean> {
  const answer = await rig.client().call(RequestCode.GET_BROKER_CONFIG);
  return Buffer.from(answer.body).toString().split('\n').includes(line);
}

async function resetsOnlyWhoIsOnline(): Promise<boolean> {
  await rig.want({ name: 'T' });
  await rig.want({ kind: 'group', name: 'G' });
  const extFields = { topic: 'T', group: 'G', timestamp: -1, isForce: true };
  const answer = await rig.client().call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { extFields });
  return answer.code === ResponseCode.CONSUMER_NOT_ONLINE;
}

async function noticesOfASecondMember(): Promise<number> {
  const first = rig.client();
  for (const [client, clientId] of [
    [first, 'a'],
    [rig.client(), 'b'],
  ] as const) {
    const body = heartbeatBody({ clientId, group: 'G', topics: ['T'] });
    await client.call(RequestCode.HEART_BEAT, { body });
    await turn();
  }
  return first.asked.length;
}

live('the keys that may be changed are exactly those whose effect is shown here', () => {
  const hot = [...BROKER_KEYS, ...STORE_KEYS, ...NETTY_SERVER_KEYS].filter((key) => key.hot);
  assert.equal(hot.map(({ name }) => name).sort(), Object.keys(EFFECTS).sort());
});

for (const [key, [value, isInForce]] of Object.entries(EFFECTS)) {
  live(`${key} is in force at once and after a restart`, async () => {
    const answer = await update(`${key}=${value}`);
    assert.is(answer.code, ResponseCode.SUCCESS, answer.remark ?? '');
    assert.ok(await isInForce(), 'in force');
    const next = brokerSettings();
    next.set('storePathRootDir', rig.folder);
    applyOwnFile(next);
    assert.is(String(next.text(key)), value, 'after a restart');
  });
}

live('topics are made again when that is switched on in a broker that began without', async () => {
  await rig.destroy();
  rig = await BrokerRig.start({ autoCreateTopicEnable: false });
  assert.is.not((await rig.want({ name: 'T' })).denial, null);
  await update('autoCreateTopicEnable=true');
  assert.is((await rig.want({ name: 'T' })).denial, null);
});

live(
  'a forbidden key, a path, a second line and shell characters are refused by name',
  async () => {
    const refused = [
      ['storePathRootDir', 'storePathRootDir=/tmp/x'],
      ['brokerConfigPath', 'brokerConfigPath=/etc/cron.d/x'],
      ['rocketmqHome', 'rocketmqHome=$(touch x)'],
      ['namesrvAddr', 'namesrvAddr=a:1;b:2'],
      ['brokerName', 'brokerName=../x'],
      ['storePathCommitLog', 'traceOn=false\nstorePathCommitLog=/x'],
      ['traceOn', 'traceOn=false; rm -rf /'],
      ['traceOn', 'traceOn=`id`'],
      ['shortPollingTimeMills', 'shortPollingTimeMills=1\\n2'],
      ['shortPollingTimeMills', 'shortPollingTimeMills=$((1+1))'],
      ['../../evil', '../../evil=1'],
    ] as const;
    for (const [name, text] of refused) {
      const answer = await update(text);
      assert.is.not(answer.code, ResponseCode.SUCCESS, text);
      assert.ok(answer.remark?.includes(name), `${text}: ${answer.remark}`);
    }
    assert.is(rig.dataPlane.broker?.traceOn, true, 'nothing of a refused change is applied');
    assert.not(await shown('traceOn=false'));
  },
);

live.run();

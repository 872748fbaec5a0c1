/** A slave's copying from a master over the fake data plane, through a real socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Groups } from '../../../src/broker/groups/groups.ts';
import { SlaveCopy } from '../../../src/broker/ha/slave-copy.ts';
import { nameStoredTopics } from '../../../src/broker/ha/stored-topics.ts';
import { Offsets } from '../../../src/broker/offsets/offsets.ts';
import { RequestModes } from '../../../src/broker/rebalance/request-modes.ts';
import { systemTopicSettings } from '../../../src/broker/topics/system-topic-settings.ts';
import { SystemTopics } from '../../../src/broker/topics/system-topics.ts';
import { Topics } from '../../../src/broker/topics/topics.ts';
import { brokerSettings } from '../../../src/config/roles.ts';
import type { MasterLink } from '../../../src/dataplane/data-plane.ts';
import { FakeDataPlane } from '../../../src/dataplane/fake.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { topicConfig } from '../../../src/model/topic-config.ts';
import { RemotingClient } from '../../../src/remoting/client.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig } from '../support/broker-rig.ts';
import { type SocketDoor, serveOverSocket } from '../support/socket-door.ts';

const LINK: MasterLink = {
  address: '127.0.0.1:10912',
  connected: true,
  masterMaxOffset: 0,
  maxOffset: 0,
  lastReadTimestamp: 1,
  transferredBytesPerSecond: 0,
  refusal: null,
};
const ORDERS = { topic: 'Orders', readQueueNums: 8, writeQueueNums: 8, perm: 6 };
const OFFSET = { group: 'G', topic: 'T', queueId: 0, offset: 3 };

/** What a slave broker has of tables, without the broker. */
class SlaveTables {
  readonly folder = mkdtempSync(join(tmpdir(), 'turbopump-slave-'));
  readonly dataPlane = new FakeDataPlane();
  readonly client = new RemotingClient();
  readonly changed: string[] = [];
  readonly removed: string[] = [];
  readonly topics: Topics;
  readonly groups: Groups;
  readonly offsets: Offsets;
  readonly requestModes: RequestModes;
  readonly copy: SlaveCopy;
  nowMs = 0;

  constructor() {
    this.dataPlane.replication = { role: 'SLAVE', slaves: [], refusedPeers: [], master: LINK };
    const now = (): number => this.nowMs;
    const system = new SystemTopics(systemTopicSettings(brokerSettings()));
    this.topics = new Topics(
      {
        path: join(this.folder, 'topics.json'),
        system,
        now,
        autoCreateTopicEnable: () => true,
        onFault: (error) => assert.unreachable(String(error)),
      },
      {
        changed: ({ topicName }) => this.changed.push(topicName),
        removed: (name) => this.removed.push(name),
      },
    );
    this.groups = new Groups(
      { path: join(this.folder, 'groups.json'), now, autoCreateSubscriptionGroup: () => true },
      {
        changed: ({ groupName }) => this.changed.push(groupName),
        removed: (name) => this.removed.push(name),
      },
    );
    this.offsets = new Offsets(join(this.folder, 'offsets.json'), this.dataPlane, now);
    this.requestModes = new RequestModes(join(this.folder, 'modes.json'));
    const { dataPlane, client, topics, groups, offsets, requestModes } = this;
    const parts = { dataPlane, client, topics, groups, offsets, requestModes };
    const publish = (): void => undefined;
    this.copy = new SlaveCopy({ ...parts, publish, now, log: silentLogger() });
  }

  async close(): Promise<void> {
    await this.client.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function knowTopicAndGroup(master: BrokerRig): Promise<void> {
  const client = master.client();
  const body = Buffer.from('{"groupName":"G"}');
  const extFields = { ...ORDERS, topic: 'T' };
  await client.call(RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields });
  await client.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, { body });
  const queue = { queueId: 0, minOffset: 0, maxOffset: 20, lastUpdateTimestamp: 0 };
  master.dataPlane.bounds.set('T', [queue]);
}

interface Context {
  master: BrokerRig;
  door: SocketDoor;
  slave: SlaveTables;
}

const test = suite<Context>('copying from the master');

test.before.each(async (context) => {
  context.master = await BrokerRig.start();
  context.door = await serveOverSocket(context.master);
  context.slave = new SlaveTables();
});

test.after.each(async ({ master, slave, door }) => {
  await slave.close();
  await door.close();
  await master.destroy();
});

test('topics and groups come with their versions, and go', async ({ master, slave, door }) => {
  const admin = master.client();
  const body = Buffer.from('{"groupName":"Billing"}');
  await admin.call(RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields: ORDERS });
  await admin.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, { body });
  await slave.copy.run(door.address);
  assert.is(slave.topics.find('Orders')?.writeQueueNums, 8);
  assert.is(slave.groups.find('Billing')?.groupName, 'Billing');
  assert.ok(slave.changed.includes('Orders') && slave.changed.includes('Billing'));
  const told = await admin.call(RequestCode.GET_ALL_TOPIC_CONFIG);
  const { counter } = slave.topics.dataVersion;
  assert.match(Buffer.from(told.body).toString(), `"dataVersion":{"counter":${counter},`);

  await admin.call(RequestCode.DELETE_TOPIC_IN_BROKER, { extFields: { topic: 'Orders' } });
  await admin.call(RequestCode.DELETE_SUBSCRIPTIONGROUP, { extFields: { groupName: 'Billing' } });
  await slave.copy.run(door.address);
  assert.is(slave.topics.find('Orders'), null);
  assert.is(slave.groups.find('Billing'), null);
  assert.ok(slave.removed.includes('Orders') && slave.removed.includes('Billing'));
  assert.ok(slave.dataPlane.deletedTopics.includes('Orders'), 'its queues go as well');
});

test('a topic is granted to nobody before the copy of it is in force', async ({ slave }) => {
  const topic = topicConfig('Arriving');
  const dataVersion = { ...slave.topics.dataVersion, counter: 7 };
  const adopting = slave.topics.adopt({ topics: [topic], dataVersion }, async () => undefined);
  while (slave.topics.find('Arriving') === null) await Promise.resolve();
  assert.not(slave.changed.includes('Arriving'), 'its file is still being written');
  assert.is((await slave.topics.findDurable('Arriving'))?.topicName, 'Arriving');
  assert.ok(slave.changed.includes('Arriving'));
  await adopting;
});

test('a table that did not change is not sent again', async ({ master, slave, door }) => {
  master.dataPlane.setConsumerOffsets([OFFSET]);
  await slave.copy.run(door.address);
  const first = door.bytesAnswered();
  await slave.copy.run(door.address);
  const second = door.bytesAnswered() - first;
  assert.ok(first > 5000 && second < 200, `${first} bytes, then ${second}`);
});

test('offsets and delays follow; a commit made at the slave is carried to the master', async ({
  master,
  slave,
  door,
}) => {
  master.dataPlane.setConsumerOffsets([OFFSET]);
  master.dataPlane.setDelayProgress([{ level: 1, offset: 7 }]);
  await slave.copy.run(door.address);
  assert.equal(slave.dataPlane.consumerOffsets().offsets, [OFFSET]);
  assert.equal(slave.dataPlane.delayProgress(), [{ level: 1, offset: 7 }]);

  slave.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 9 }]);
  master.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 4 }]);
  await slave.copy.run(door.address);
  assert.equal(slave.dataPlane.consumerOffsets().offsets, [{ ...OFFSET, offset: 9 }]);
  const commits = door.requests.filter(({ code }) => code === RequestCode.UPDATE_CONSUMER_OFFSET);
  assert.equal(
    commits.map(({ extFields }) => extFields.get('commitOffset')),
    ['9'],
  );

  master.dataPlane.eraseGroupOffsets('G');
  await slave.copy.run(door.address);
  assert.is(slave.dataPlane.consumerOffsets().offsets.length, 1, 'the commit made here stays');
});

test('how groups fetch is copied, and goes', async ({ master, slave, door }) => {
  const mode = { topic: 'T', consumerGroup: 'G', mode: 'PULL', popShareQueueNum: 3 };
  const stale = { ...mode, consumerGroup: 'Stale' };
  await slave.requestModes.set(stale);
  await knowTopicAndGroup(master);
  const body = Buffer.from(JSON.stringify(mode));
  await master.client().call(RequestCode.SET_MESSAGE_REQUEST_MODE, { body });
  await slave.copy.run(door.address);
  assert.equal(slave.requestModes.find('T', 'G'), mode);
  assert.is(slave.requestModes.find('T', 'Stale'), null);
  const again = new RequestModes(join(slave.folder, 'modes.json'));
  await again.load(() => assert.unreachable());
  assert.equal(again.find('T', 'G'), mode);
});

test('a reset that was made while the slave was away is followed, once', async (context) => {
  const { master, slave, door } = context;
  await knowTopicAndGroup(master);
  slave.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 8 }]);
  master.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 8 }]);
  const extFields = { topic: 'T', group: 'G', timestamp: 0, queueId: 0, offset: 2 };
  const reset = await master
    .client()
    .call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { extFields });
  assert.is(reset.code, ResponseCode.SUCCESS, reset.remark ?? '');
  // The slave has never copied in this life: without the reset's time 8 would be a newer commit.
  await slave.copy.run(door.address);
  assert.equal(slave.dataPlane.consumerOffsets().offsets, [{ ...OFFSET, offset: 2 }]);
  const commits = () =>
    door.requests.filter(({ code }) => code === RequestCode.UPDATE_CONSUMER_OFFSET).length;
  assert.is(commits(), 0, 'nothing is carried back over the reset');
  slave.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 5 }]);
  master.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 3 }]);
  await slave.copy.run(door.address);
  assert.is(commits(), 1, 'a commit after the reset is');
  assert.equal(slave.dataPlane.consumerOffsets().offsets, [{ ...OFFSET, offset: 5 }]);
});

test('nothing is copied from a master whose log is not taken', async ({ master, slave, door }) => {
  const topics = slave.topics.size;
  master.dataPlane.setConsumerOffsets([OFFSET]);
  for (const link of [
    { ...LINK, connected: false },
    { ...LINK, refusal: 'another history' },
    { ...LINK, lastReadTimestamp: 0 },
  ]) {
    slave.dataPlane.replication = { role: 'SLAVE', slaves: [], refusedPeers: [], master: link };
    await slave.copy.run(door.address);
  }
  assert.equal(door.requests, []);
  assert.equal(slave.dataPlane.consumerOffsets().offsets, []);
  assert.is(slave.topics.size, topics);
});

test('a topic that came with the log alone is made, until the master names it', async (context) => {
  const { master, slave, door } = context;
  const queue = { queueId: 5, minOffset: 0, maxOffset: 2, lastUpdateTimestamp: 0 };
  slave.dataPlane.bounds.set('Orders', [{ ...queue, queueId: 0 }, queue]);
  assert.equal(await nameStoredTopics(slave.dataPlane, slave.topics), ['Orders']);
  assert.is(slave.topics.find('Orders')?.readQueueNums, 6);
  assert.ok(slave.changed.includes('Orders'));
  assert.equal(await nameStoredTopics(slave.dataPlane, slave.topics), []);
  await master.client().call(RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields: ORDERS });
  await slave.copy.run(door.address);
  assert.is(slave.topics.find('Orders')?.readQueueNums, 8);
});

test('a master that does not know tags is asked for all, at a slower pace', async (context) => {
  const { master, slave } = context;
  const java = await serveOverSocket(master, true);
  master.dataPlane.setConsumerOffsets([OFFSET]);
  slave.nowMs = 100_000;
  await slave.copy.run(java.address);
  assert.equal(slave.dataPlane.consumerOffsets().offsets, [OFFSET]);
  const asked = java.requests.length;
  slave.nowMs += 9_000;
  await slave.copy.run(java.address);
  assert.is(java.requests.length, asked);
  // It has no commit carried back: RocketMQ's would move an offset back for it.
  slave.dataPlane.setConsumerOffsets([{ ...OFFSET, offset: 9 }]);
  slave.nowMs += 1_000;
  await slave.copy.run(java.address);
  assert.is(java.requests.length, 2 * asked);
  assert.equal(slave.dataPlane.consumerOffsets().offsets, [{ ...OFFSET, offset: 9 }]);
  await java.close();
});

test.run();

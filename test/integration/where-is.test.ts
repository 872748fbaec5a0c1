/** `mqadmin whereIs` in situations that operators ask about, on a master and its slave of ours. */
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { createUniqueId } from '../../src/admin/unique-id.ts';
import { whereIs } from '../../src/admin/where-is/index.ts';
import { runProgram } from '../../src/cli/program.ts';
import { messageIdOf } from '../../src/model/message-id.ts';
import { subscriptionGroup } from '../../src/model/subscription-group.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest, type ExtValues } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { heartbeatBody } from '../broker/support/heartbeats.ts';
import { beforeAll } from '../runner/before-all.ts';
import { becomes } from './pair.ts';
import { Machine, type Server } from './servers.ts';

const segmentBytes = 64 * 1024;
const soonMs = 15_000;
const hourMs = 3_600_000;
/** The first retry goes through level 3 and is soon there, the second one waits in level 4. */
const delayLevels = '1s 1h 1s 1h 1h';

const sleeper = { ...subscriptionGroup('Sleeper'), groupRetryPolicy: null };

interface Sent {
  uniqueId: string;
  offsetId: string;
  queueOffset: number;
}

const test = suite('whereIs');
let machine: Machine;
let nameServer: Server;
let master: Server;
let slave: Server;
let client: RemotingClient;
let admin: AdminClient;

beforeAll(test, async () => {
  machine = new Machine();
  nameServer = await machine.nameServer();
  const shared = {
    brokerName: 'where',
    mappedFileSizeCommitLog: segmentBytes,
    maxMessageSize: segmentBytes / 2,
    messageDelayLevel: delayLevels,
  };
  master = await machine.broker([nameServer], shared);
  const role = { brokerRole: 'SLAVE', brokerId: 1 };
  slave = await machine.broker([nameServer], { ...shared, ...role });
  client = new RemotingClient();
  admin = new AdminClient({ nameServers: [nameServer.address] });
});

test.after(async () => {
  await client.close();
  await admin.close();
  await machine.close();
});

async function ask(code: number, extFields: ExtValues, body?: Buffer): Promise<ExtValues> {
  const answer = await client.call(master.address, createRequest(code, { extFields, body }));
  return Object.fromEntries(answer.extFields);
}

async function send(
  topic: string,
  properties: Record<string, string> = {},
  body = Buffer.from('where'),
): Promise<Sent> {
  const uniqueId = createUniqueId();
  const text = Object.entries({ UNIQ_KEY: uniqueId, ...properties })
    .map(([name, value]) => `${name}\u0001${value}\u0002`)
    .join('');
  const fields = { a: 'Where', b: topic, c: 'TBW102', d: 1, e: 0, f: 0, g: Date.now(), h: 0 };
  const rest = { i: text, j: 0, k: false, m: false };
  const answer = await ask(RequestCode.SEND_MESSAGE_V2, { ...fields, ...rest }, body);
  const offsetId = String(answer['msgId']);
  return { uniqueId, offsetId, queueOffset: Number(answer['queueOffset']) };
}

async function beat(
  group: string,
  topic: string,
  rest: { messageModel?: 'BROADCASTING'; subString?: string } = {},
): Promise<void> {
  const { messageModel = 'CLUSTERING', subString = '*' } = rest;
  const body = heartbeatBody({ clientId: 'where', group, topics: [topic], messageModel });
  const text = body.toString().replace('"subString":"*"', `"subString":"${subString}"`);
  await ask(RequestCode.HEART_BEAT, {}, Buffer.from(text));
}

async function commit(group: string, topic: string, commitOffset: number): Promise<void> {
  const fields = { consumerGroup: group, topic, queueId: 0, commitOffset };
  await ask(RequestCode.UPDATE_CONSUMER_OFFSET, fields);
}

/** Sends the newest copy back, as a consumer that failed does. */
async function sendBack(group: string, id: string, maxReconsumeTimes = 16): Promise<void> {
  const story = await whereIs(admin, { id, topic: null, group: null });
  const offset = story.messages[0]?.copies.at(-1)?.physicalOffset;
  assert.ok(offset !== undefined);
  const fields = { group, offset, delayLevel: 0, unitMode: false, maxReconsumeTimes };
  await ask(RequestCode.CONSUMER_SEND_MSG_BACK, fields);
}

async function told(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  const take = (text: string): void => void lines.push(text);
  const sink = { out: take, error: take, nameServerVariable: nameServer.address };
  const code = await runProgram(['whereIs', ...argv], sink);
  assert.is(code, 0, lines.join('\n'));
  return lines.join('\n');
}

/** Asks until the answer has it. */
async function tells(id: string, wanted: RegExp): Promise<string> {
  let answer = '';
  await becomes(soonMs, `whereIs tells ${wanted}`, async () => {
    answer = await told('-i', id);
    return wanted.test(answer);
  });
  return answer;
}

test('expired: the log begins behind it', async () => {
  const expired = await send('Old');
  const filler = Buffer.alloc(segmentBytes / 4);
  for (let sent = 0; sent < 12; sent++) await send('Filler', {}, filler);
  const folder = join(machine.storeOf(master), 'commitlog');
  const [first = ''] = readdirSync(folder).sort();
  const longAgo = new Date(Date.now() - 1000 * hourMs);
  utimesSync(join(folder, first), longAgo, longAgo);
  await becomes(soonMs, 'the segment is flushed and removed', async () => {
    await admin.clusters.deleteExpiredCommitLog(master.address);
    const stats = await admin.clusters.runtimeStats(master.address);
    return stats.get('commitLogMinOffset') === String(segmentBytes);
  });
  const answer = await told('-i', expired.offsetId);
  assert.match(answer, `Message ${expired.offsetId}: expired, retention has removed`);
  assert.match(answer, /its log reaches from 65536 to \d+/);
});

test('stored, and no group consumes it', async () => {
  const { uniqueId, offsetId } = await send('Lonely');
  for (const id of [uniqueId, offsetId]) {
    const answer = await told('-i', id);
    assert.match(answer, `Message ${uniqueId}, made by process ${process.pid & 0xffff} at `);
    assert.match(answer, `stored on where (${master.address}) at `);
    assert.match(answer, /topic Lonely, queue 0, offset 0; log position \d+, \d+ bytes/);
    assert.match(answer, `offset id ${offsetId}`);
    assert.match(answer, 'no group consumes this topic');
  }
});

test('consumed by a group that is online', async () => {
  const { uniqueId, queueOffset } = await send('Taken');
  await beat('Taker', 'Taken');
  await commit('Taker', 'Taken', queueOffset + 1);
  assert.match(await told('-i', uniqueId), 'group Taker: consumed, its offset is 1 (online)');
});

test('not yet consumed by a group that is offline, with its lag', async () => {
  for (let sent = 0; sent < 3; sent++) await send('Waiting');
  const { uniqueId } = await send('Waiting');
  await admin.groups.update(master.address, sleeper);
  await commit('Sleeper', 'Waiting', 1);
  const answer = await told('-i', uniqueId);
  assert.match(answer, 'group Sleeper: not yet, its offset is 1, 3 behind (offline)');
});

test('never consumed by the group asked for', async () => {
  const { uniqueId } = await send('Unseen');
  const answer = await told('-i', uniqueId, '-t', 'Unseen', '-g', 'Stranger');
  assert.match(answer, 'group Stranger: has never consumed this queue (offline)');
});

test('not asked for: the subscription has other tags', async () => {
  const { uniqueId } = await send('Tagged', { TAGS: 'red' });
  const wanted = await send('Tagged', { TAGS: 'blue' });
  await beat('Painter', 'Tagged', { subString: 'blue || green' });
  await commit('Painter', 'Tagged', 2);
  assert.match(await told('-i', uniqueId), 'group Painter: its subscription does not ask for');
  assert.match(await told('-i', wanted.uniqueId), 'group Painter: consumed');
});

test('broadcasting: only each member knows', async () => {
  const { uniqueId } = await send('Radio');
  await beat('Listeners', 'Radio', { messageModel: 'BROADCASTING' });
  assert.match(await told('-i', uniqueId), 'group Listeners: broadcasting');
});

test('delayed: until when', async () => {
  const { uniqueId } = await send('Later', { DELAY: '2' });
  const story = await whereIs(admin, { id: uniqueId, topic: 'Later', group: null });
  const [copy] = story.messages[0]?.copies ?? [];
  assert.is(copy?.kind, 'DELAYED');
  assert.is(copy?.isDelivered, false);
  const delay = (copy?.dueTimestamp ?? 0) - (copy?.storeTimestamp ?? 0);
  assert.ok(Math.abs(delay - hourMs) < 2000, `due after ${delay} ms`);
  const answer = await told('-i', uniqueId);
  assert.match(answer, /delayed for topic Later, waits until \d{4}-/);
  assert.match(answer, 'topic SCHEDULE_TOPIC_XXXX, queue 1, offset ');
});

test('delayed and delivered since', async () => {
  const { uniqueId } = await send('Soon', { DELAY: '1' });
  const answer = await tells(uniqueId, /in topic Soon/);
  assert.match(answer, /delayed for topic Soon, delivered, was due \d{4}-/);
});

test('sent back: the first retry is there, then the second one waits', async () => {
  const { uniqueId } = await send('Hard');
  await beat('Fumblers', 'Hard');
  await commit('Fumblers', 'Hard', 1);
  await sendBack('Fumblers', uniqueId);
  const first = await tells(uniqueId, /retry 1 of 16 of group Fumblers, to be consumed/);
  assert.match(first, 'group Fumblers: taken and sent back, its offset is 1 (online)');
  assert.match(first, 'group Fumblers: has never consumed this queue (online)');
  await commit('Fumblers', '%RETRY%Fumblers', 1);
  await sendBack('Fumblers', uniqueId);
  const second = await told('-i', uniqueId);
  assert.match(second, /retry 2 of 16 of group Fumblers, waits until \d{4}-/);
  assert.is(second.match(/taken and sent back/g)?.length, 2, second);
});

test('a dead letter of which group', async () => {
  const { uniqueId } = await send('Fatal');
  await beat('Undertakers', 'Fatal');
  await commit('Undertakers', 'Fatal', 1);
  await sendBack('Undertakers', uniqueId, 0);
  const answer = await told('-i', uniqueId);
  assert.match(answer, 'dead letter of group Undertakers, after 1 times sent back');
  assert.match(answer, 'topic %DLQ%Undertakers, queue 0, offset 0');
});

test('never arrived: who made the id, and when', async () => {
  const before = Date.now();
  const uniqueId = createUniqueId(new Date(before));
  const answer = await told('-i', uniqueId);
  assert.match(answer, `Message ${uniqueId}: never arrived at a broker`);
  assert.match(answer, `process id ${process.pid & 0xffff}`);
  const story = await whereIs(admin, { id: uniqueId, topic: null, group: null });
  assert.is(story.absence?.reason, 'NEVER_ARRIVED');
  assert.is(story.absence?.origin?.madeAt, before);
});

test('older than every message: expired or never arrived', async () => {
  const uniqueId = createUniqueId(new Date(Date.now() - hourMs));
  assert.match(await told('-i', uniqueId), 'expired or never arrived');
});

test('a place that the log does not reach, and one between messages', async () => {
  const { offsetId } = await send('Edge');
  const host = Buffer.from(offsetId.slice(0, 16), 'hex');
  const at = Number.parseInt(offsetId.slice(16), 16);
  const beyond = await told('-i', messageIdOf(host, at + 1_000_000));
  assert.match(beyond, 'never written, that position is behind the end of the log');
  const between = await told('-i', messageIdOf(host, at + 1));
  assert.match(between, 'no message begins at that position of the log');
});

test('by a key without a topic: every message that has it, as lines and as JSON', async () => {
  const one = await send('KeyedHere', { KEYS: 'order-7 other' });
  const other = await send('KeyedThere', { KEYS: 'order-7' });
  const answer = await told('-i', 'order-7');
  for (const { uniqueId } of [one, other]) assert.match(answer, `Message ${uniqueId},`);
  const json = JSON.parse(await told('-i', 'order-7', '--json')) as {
    messageId: string;
    copies: { topic: string }[];
  }[];
  const found = json.map(({ messageId, copies }) => [messageId, copies[0]?.topic]).sort();
  assert.equal(
    found,
    [
      [one.uniqueId, 'KeyedHere'],
      [other.uniqueId, 'KeyedThere'],
    ].sort(),
  );
  assert.match(await told('-i', 'order-8'), 'no message has this key');
});

test('its topic was deleted', async () => {
  const { offsetId } = await send('Gone');
  await admin.topics.deleteInBroker(master.address, 'Gone');
  const answer = await told('-i', offsetId);
  assert.match(answer, 'topic Gone does not exist on where any more: unreadable');
});

// The last one: the master is not started again.
test('the master is dead: its slave tells, also by the id of the dead address', async () => {
  const { uniqueId, offsetId } = await send('Orphan');
  await beat('Heirs', 'Orphan');
  await commit('Heirs', 'Orphan', 1);
  const end = Number.parseInt(offsetId.slice(16), 16);
  await becomes(soonMs, 'the slave has message and offset', async () => {
    const stats = await admin.clusters.runtimeStats(slave.address);
    const groups = await admin.topics.groupsInBroker(slave.address, 'Orphan');
    return Number(stats.get('commitLogMaxOffset')) > end && groups.includes('Heirs');
  });
  await master.kill();
  await becomes(soonMs, 'the name server has noticed', async () => {
    return !(await admin.clusters.hasBroker(master.address));
  });
  for (const id of [uniqueId, offsetId]) {
    const answer = await told('-i', id);
    assert.match(answer, `stored on where (${slave.address}, told by its slave 1)`);
    assert.match(answer, 'group Heirs: consumed, its offset is 1 (offline)');
  }
});

test.run();

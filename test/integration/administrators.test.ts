/**
 * What administrators see of a running broker: 10,000 messages sent and consumed show as exactly
 * that in every answer, a reset moves the consumer that runs, and a stored record reaches it.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeRecords } from '../../src/admin/message-record.ts';
import { runProgram } from '../../src/cli/program.ts';
import { decodeKvTable } from '../../src/remoting/bodies/kv-table.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { asObject, type JsonObject, objectMember, parseJson } from '../../src/remoting/fastjson.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
  reply,
} from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { heartbeatBody } from '../broker/support/heartbeats.ts';
import { beforeAll } from '../runner/before-all.ts';
import { Machine, type Server } from './servers.ts';

const MESSAGES = 10_000;
const IN_FLIGHT = 64;
const QUEUES = 4;
const [TOPIC, GROUP] = ['Counted', 'Counting'];

const test = suite('administrators');
let machine: Machine;
let nameServer: Server;
let broker: Server;
let client: RemotingClient;
/** Bodies that 309 brought. */
const consumed: string[] = [];

beforeAll(test, async () => {
  machine = new Machine();
  nameServer = await machine.nameServer();
  broker = await machine.broker([nameServer]);
  client = new RemotingClient(
    {},
    {
      handlers: new Map([
        [
          RequestCode.CONSUME_MESSAGE_DIRECTLY,
          (request: RemotingCommand) => {
            for (const { body } of decodeRecords(request.body)) {
              consumed.push(Buffer.from(body).toString());
            }
            return reply(0, { body: '{"consumeResult":"CR_SUCCESS"}' });
          },
        ],
      ]),
    },
  );
  await sendAll();
  await client.request(
    broker.address,
    createRequest(RequestCode.HEART_BEAT, {
      body: heartbeatBody({ clientId: 'c', group: GROUP, topics: [TOPIC] }),
    }),
  );
  for (let queueId = 0; queueId < QUEUES; queueId++) await consumeAll(queueId);
});

test.after(async () => {
  await client.close();
  await machine.close();
});

async function ask(code: number, extFields: ExtValues, body?: Buffer): Promise<RemotingCommand> {
  return await client.request(broker.address, createRequest(code, { extFields, body }));
}

async function jsonOf(code: number, extFields: ExtValues): Promise<JsonObject> {
  const answer = await ask(code, extFields);
  assert.is(answer.code, 0, answer.remark ?? '');
  return asObject(parseJson(answer.body), 'answer');
}

async function sendAll(): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < MESSAGES) {
      const number = next++;
      const fields = { a: 'PG', b: TOPIC, c: 'TBW102', d: QUEUES, e: number % QUEUES };
      const rest = { f: 0, g: Date.now(), h: 0, i: 'TAGS\u0001A\u0002' };
      const body = Buffer.from(`message ${number}`);
      const answer = await ask(RequestCode.SEND_MESSAGE_V2, { ...fields, ...rest }, body);
      assert.is(answer.code, 0, answer.remark ?? '');
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
}

function pull(queueId: number, queueOffset: number): Promise<RemotingCommand> {
  return ask(RequestCode.PULL_MESSAGE, {
    consumerGroup: GROUP,
    topic: TOPIC,
    queueId,
    queueOffset,
    maxMsgNums: 32,
    sysFlag: 0,
    commitOffset: 0,
    suspendTimeoutMillis: 1000,
    subVersion: 1,
  });
}

async function consumeAll(queueId: number): Promise<void> {
  let at = 0;
  for (;;) {
    const pulled = await pull(queueId, at);
    if (pulled.code !== 0) break;
    at = Number(pulled.extFields.get('nextBeginOffset'));
  }
  assert.is(at, MESSAGES / QUEUES);
  const fields = { consumerGroup: GROUP, topic: TOPIC, queueId, commitOffset: at };
  assert.is((await ask(RequestCode.UPDATE_CONSUMER_OFFSET, fields)).code, 0);
}

/** What our mqadmin prints. */
async function mqadmin(argv: string[]): Promise<string> {
  const lines: string[] = [];
  const code = await runProgram(argv, {
    out: (text) => void lines.push(text),
    error: (text) => void lines.push(text),
    nameServerVariable: nameServer.address,
  });
  assert.is(code, 0, lines.join('\n'));
  return lines.join('\n');
}

function rows(answer: JsonObject): JsonObject[] {
  return [...(objectMember(answer, 'offsetTable')?.values() ?? [])].map((row) =>
    asObject(row, 'row'),
  );
}

test('brokerStatus', async () => {
  const table = decodeKvTable((await ask(RequestCode.GET_BROKER_RUNTIME_INFO, {})).body);
  assert.is(table.get('msgPutTotalTodayNow'), String(MESSAGES));
  assert.is(table.get('msgGetTotalTodayNow'), String(MESSAGES));
  assert.is(table.get('putMessageTimesTotal'), String(MESSAGES));
  assert.is(table.get('putMessageFailedTimes'), '0');
  assert.ok(Number(table.get('getFoundTps')?.split(' ')[2]) > 0);
  assert.ok(Number(table.get('getMissTps')?.split(' ')[2]) > 0);
});

test('topicStatus and consumerProgress', async () => {
  const stats = rows(await jsonOf(RequestCode.GET_TOPIC_STATS_INFO, { topic: TOPIC }));
  const stored = stats.map((row) => Number(row.get('maxOffset')) - Number(row.get('minOffset')));
  assert.equal(stored, Array(QUEUES).fill(MESSAGES / QUEUES));
  const progress = rows(await jsonOf(RequestCode.GET_CONSUME_STATS, { consumerGroup: GROUP }));
  for (const row of progress) {
    assert.is(row.get('consumerOffset'), MESSAGES / QUEUES);
    assert.is(row.get('brokerOffset'), MESSAGES / QUEUES);
    const newest = stats.map((each) => Number(each.get('lastUpdateTimestamp')));
    assert.ok(newest.includes(Number(row.get('lastTimestamp'))), 'the newest message was consumed');
  }
  const all = await jsonOf(RequestCode.GET_BROKER_CONSUME_STATS, { isOrder: false });
  assert.is(all.get('totalDiff'), 0);
});

test('statsAll', async () => {
  const sums = async (statsName: string, statsKey: string) => {
    const found = await jsonOf(RequestCode.VIEW_BROKER_STATS_DATA, { statsName, statsKey });
    return ['statsMinute', 'statsHour', 'statsDay'].map((period) =>
      objectMember(found, period)?.get('sum'),
    );
  };
  const everything = [MESSAGES, MESSAGES, MESSAGES];
  assert.equal(await sums('TOPIC_PUT_NUMS', TOPIC), everything);
  assert.equal(await sums('GROUP_GET_NUMS', `${TOPIC}@${GROUP}`), everything);
  assert.equal(await sums('BROKER_PUT_NUMS', 'DefaultCluster'), everything);
  assert.equal(await sums('BROKER_GET_NUMS', 'DefaultCluster'), everything);
});

test('mqadmin prints exactly these numbers', async () => {
  const status = new Map(
    (await mqadmin(['brokerStatus', '-b', broker.address]))
      .split('\n')
      .map((line) => /^(\S+) *: (.*)$/.exec(line)?.slice(1) ?? [])
      .map(([key = '', value = '']) => [key, value] as const),
  );
  for (const key of ['msgPutTotalTodayNow', 'msgGetTotalTodayNow', 'putMessageTimesTotal']) {
    assert.is(status.get(key), String(MESSAGES), key);
  }
  const of = (row: string, pattern: RegExp): string[] => pattern.exec(row)?.slice(1) ?? [];
  const each = String(MESSAGES / QUEUES);
  const queues = (await mqadmin(['topicStatus', '-t', TOPIC])).split('\n').slice(1, 1 + QUEUES);
  const ends = queues.map((row) => of(row, /^\S+ +\d+ +(\d+) +(\d+) /));
  assert.equal(ends, Array(QUEUES).fill(['0', each]));
  const progress = await mqadmin(['consumerProgress', '-g', GROUP]);
  const offsets = progress.split('\n').filter((row) => row.startsWith(`${TOPIC} `));
  const places = offsets.map((row) => of(row, /^\S+ +\S+ +\d+ +(\d+) +(\d+) +(\d+) /));
  assert.equal(places, Array(QUEUES).fill([each, each, '0']));
  assert.match(progress, 'Consume Diff Total: 0');
  const [, row = ''] = (await mqadmin(['statsAll', '-t', TOPIC])).split('\n');
  assert.match(
    row,
    new RegExp(`^${TOPIC} +${GROUP} +0 +[\\d.]+ +[\\d.]+ +${MESSAGES} +${MESSAGES}$`),
  );
});

test('queueContents name the records, and a record reaches a consumer', async () => {
  const found = await jsonOf(RequestCode.QUERY_CONSUME_QUEUE, {
    topic: TOPIC,
    queueId: 1,
    index: 7,
    count: 2,
  });
  const units = found.get('queueData');
  assert.ok(Array.isArray(units) && units.length === 2);
  const unit = asObject(units[0], 'unit');
  assert.is(unit.get('tagsCode'), 65);
  const record = await ask(RequestCode.VIEW_MESSAGE_BY_ID, {
    offset: Number(unit.get('physicOffset')),
  });
  assert.is(record.body.length, unit.get('physicSize'));
  const [message] = decodeRecords(record.body);
  assert.is(message?.queueOffset, 7);
  const position = BigInt(Number(unit.get('physicOffset')))
    .toString(16)
    .padStart(16, '0');
  const answer = await ask(RequestCode.CONSUME_MESSAGE_DIRECTLY, {
    consumerGroup: GROUP,
    clientId: 'c',
    msgId: `7F00000100002A9F${position}`.toUpperCase(),
  });
  assert.is(answer.code, 0, answer.remark ?? '');
  assert.equal(consumed, [Buffer.from(message?.body ?? []).toString()]);
});

test('a reset moves the consumer that runs', async () => {
  const answer = await jsonOf(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, {
    topic: TOPIC,
    group: GROUP,
    queueId: 2,
    offset: 100,
    timestamp: 0,
    isForce: true,
  });
  assert.is(objectMember(answer, 'offsetTable')?.size, 1);
  const moved = await pull(2, MESSAGES / QUEUES);
  assert.equal([moved.code, moved.extFields.get('nextBeginOffset')], [21, '100']);
  const progress = rows(await jsonOf(RequestCode.GET_CONSUME_STATS, { consumerGroup: GROUP }));
  const offsets = progress.map((row) => row.get('consumerOffset'));
  assert.equal(offsets, [2500, 2500, 100, 2500]);
});

test('a topic forbidden to a group is not handed out', async () => {
  const fields = { group: GROUP, topic: TOPIC, readable: false };
  await jsonOf(RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, fields);
  const refused = await pull(0, 0);
  assert.equal([refused.code, refused.extFields.get('forbiddenType')], [16, '5']);
  await jsonOf(RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, { ...fields, readable: true });
  assert.is((await pull(0, 0)).code, 0);
});

test('clean-ups leave what is alive', async () => {
  for (const code of [
    RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE,
    RequestCode.CLEAN_UNUSED_TOPIC,
    RequestCode.DELETE_EXPIRED_COMMITLOG,
  ]) {
    assert.is((await ask(code, {})).code, 0);
  }
  const stats = rows(await jsonOf(RequestCode.GET_TOPIC_STATS_INFO, { topic: TOPIC }));
  assert.is(stats[0]?.get('maxOffset'), MESSAGES / QUEUES);
  assert.is((await pull(0, 0)).code, 0);
});

test.run();

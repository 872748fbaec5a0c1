import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../../../src/config/free-port.ts';
import {
  arrayMember,
  asObject,
  integerMember,
  objectMember,
  parseJson,
  stringifyJson,
  textMember,
} from '../../../src/remoting/fastjson.ts';
import { reply } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { RemotingServer } from '../../../src/remoting/server.ts';
import { beforeAll } from '../../runner/before-all.ts';
import { BrokerRig } from '../support/broker-rig.ts';
import { heartbeatBody } from '../support/heartbeats.ts';

const assignment = suite('query assignment');
let nameServer: RemotingServer;
let rig: BrokerRig;

/** A route of two brokers; one has a queue less to be read than to be written. */
const route = stringifyJson({
  queueDatas: [
    { brokerName: 'broker-b', readQueueNums: 3, writeQueueNums: 4, perm: 6, topicSysFlag: 0 },
    { brokerName: 'broker-a', readQueueNums: 2, writeQueueNums: 2, perm: 6, topicSysFlag: 0 },
    { brokerName: 'broker-c', readQueueNums: 2, writeQueueNums: 2, perm: 2, topicSysFlag: 0 },
  ],
});

beforeAll(assignment, async () => {
  const port = await freePort('127.0.0.1');
  const handlers = new Map([
    [RequestCode.REGISTER_BROKER as number, () => reply(0)],
    [RequestCode.UNREGISTER_BROKER as number, () => reply(0)],
    [
      RequestCode.GET_ROUTEINFO_BY_TOPIC as number,
      ({ extFields }: { extFields: ReadonlyMap<string, string> }) =>
        extFields.get('topic') === 'T' ? reply(0, { body: route }) : reply(17),
    ],
  ]);
  nameServer = new RemotingServer({ bindAddress: '127.0.0.1', port }, handlers, {
    onFault: (error) => {
      throw error;
    },
  });
  await nameServer.listen();
  rig = await BrokerRig.start({ namesrvAddr: `127.0.0.1:${port}` });
  for (const clientId of ['member-2', 'member-1']) {
    const client = rig.client();
    await client.call(RequestCode.HEART_BEAT, {
      body: heartbeatBody({ clientId, group: 'G', topics: ['T'] }),
    });
  }
});
assignment.after(async () => {
  await rig.destroy();
  await nameServer.close();
});

/** `broker:queue` of each assigned queue, null for "keep what you have". */
async function ask(question: Record<string, string>): Promise<string[] | null> {
  const whole = {
    topic: 'T',
    consumerGroup: 'G',
    clientId: 'member-1',
    messageModel: 'CLUSTERING',
    strategyName: 'AVG',
    ...question,
  };
  const answer = await rig.client().call(RequestCode.QUERY_ASSIGNMENT, {
    body: Buffer.from(stringifyJson(whole)),
  });
  assert.is(answer.code, 0, answer.remark ?? '');
  const body = asObject(parseJson(answer.body), 'the answer');
  const assigned = arrayMember(body, 'messageQueueAssignments');
  return (
    assigned?.map((each) => {
      const one = asObject(each, 'an assignment');
      assert.is(textMember(one, 'mode'), 'PULL');
      const queue = objectMember(one, 'messageQueue') ?? new Map();
      return `${textMember(queue, 'brokerName')}:${integerMember(queue, 'queueId')}`;
    }) ?? null
  );
}

assignment('members share the readable queues of all brokers in their order', async () => {
  assert.equal(await ask({}), ['broker-a:0', 'broker-a:1', 'broker-b:0']);
  assert.equal(await ask({ clientId: 'member-2' }), ['broker-b:1', 'broker-b:2']);
});

assignment('by circle', async () => {
  const strategyName = 'AVG_BY_CIRCLE';
  assert.equal(await ask({ strategyName }), ['broker-a:0', 'broker-b:0', 'broker-b:2']);
});

assignment('a broadcast consumer gets all, a stranger to the group gives up all', async () => {
  assert.is((await ask({ messageModel: 'BROADCASTING', clientId: 'x' }))?.length, 5);
  assert.equal(await ask({ clientId: 'stranger' }), []);
});

assignment('what is not known changes nothing', async () => {
  assert.is(await ask({ topic: 'Unknown' }), null);
  assert.is(await ask({ consumerGroup: 'Nobody' }), null);
  assert.is(await ask({ strategyName: 'MACHINE_ROOM' }), null);
});

assignment.run();

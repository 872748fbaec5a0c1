import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson } from '../../../src/remoting/fastjson.ts';
import { createRequest } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig, type Client, turn } from '../support/broker-rig.ts';
import { type Beat, heartbeatBody } from '../support/heartbeats.ts';

const clients = suite('clients');
let rig: BrokerRig;
clients.before.each(async () => {
  rig = await BrokerRig.start();
});
clients.after.each(async () => {
  await rig.destroy();
});

async function beat(client: Client, what: Beat) {
  return client.call(RequestCode.HEART_BEAT, { body: heartbeatBody(what) });
}

function notices(client: Client): string[] {
  return client.asked
    .filter(({ code }) => code === RequestCode.NOTIFY_CONSUMER_IDS_CHANGED)
    .map(({ extFields }) => extFields.get('consumerGroup') ?? '');
}

async function memberIds(client: Client, group: string): Promise<unknown> {
  const answer = await client.call(RequestCode.GET_CONSUMER_LIST_BY_GROUP, {
    extFields: { consumerGroup: group },
  });
  assert.is(answer.code, ResponseCode.SUCCESS, answer.remark ?? '');
  const body = parseJson(answer.body);
  return body instanceof Map ? body.get('consumerIdList') : null;
}

clients(
  'a heartbeat makes the group, its retry topic and its policy before it is answered',
  async () => {
    const client = rig.client();
    const answer = await beat(client, { clientId: 'c1', group: 'G', topics: ['T', '%RETRY%G'] });
    assert.is(answer.code, ResponseCode.SUCCESS);
    assert.is(answer.extFields.get('IS_SUPPORT_HEART_BEAT_V2'), 'true');
    assert.is(answer.extFields.get('IS_SUB_CHANGE'), 'true');
    assert.is(rig.dataPlane.topics.get('%RETRY%G')?.readQueues, 1);
    assert.is(rig.dataPlane.groups.has('G'), true);
    const live = rig.dataPlane.liveGroups.get('G');
    assert.equal(
      live?.subscriptions.map(({ topic }) => topic),
      ['T', '%RETRY%G'],
    );
    assert.equal(await memberIds(client, 'G'), ['c1']);
  },
);

clients('all members hear of a join, a goodbye and a closed connection', async () => {
  const [one, two] = [rig.client(), rig.client()];
  await beat(one, { clientId: 'c1', group: 'G', topics: ['T'] });
  await turn();
  assert.equal(notices(one), ['G'], 'the first member joins');
  await beat(two, { clientId: 'c2', group: 'G', topics: ['T'] });
  await turn();
  assert.equal([notices(one).length, notices(two).length], [2, 1]);
  await beat(two, { clientId: 'c2', group: 'G', topics: ['T'] });
  await turn();
  assert.equal([notices(one).length, notices(two).length], [2, 1], 'the same beat changes nothing');
  await two.call(RequestCode.UNREGISTER_CLIENT, {
    extFields: { clientID: 'c2', consumerGroup: 'G' },
  });
  await turn();
  assert.is(notices(one).length, 3);
  assert.equal(await memberIds(one, 'G'), ['c1']);
  await beat(two, { clientId: 'c2', group: 'G', topics: ['T'] });
  two.close();
  await turn();
  assert.is(notices(one).length, 5);
  one.close();
  await turn();
  assert.is(rig.dataPlane.liveGroups.has('G'), false, 'a group without members is no policy');
});

clients('members that join in one turn are one notice each', async () => {
  const members = Array.from({ length: 10 }, () => rig.client());
  await beat(members[0] as Client, { clientId: 'first', group: 'G', topics: ['T'] });
  await turn();
  const before = notices(members[0] as Client).length;
  await Promise.all(
    members
      .slice(1)
      .map((each, at) => beat(each, { clientId: `c${at}`, group: 'G', topics: ['T'] })),
  );
  await turn();
  assert.is(notices(members[0] as Client).length - before, 1);
});

clients('broadcasting members are not told', async () => {
  const client = rig.client();
  await beat(client, { clientId: 'c', group: 'B', topics: ['T'], messageModel: 'BROADCASTING' });
  await turn();
  assert.equal(notices(client), []);
  assert.is(rig.dataPlane.liveGroups.get('B')?.broadcasting, true);
});

clients(
  'a V2 beat without subscriptions keeps those there are, and asks when there are none',
  async () => {
    const client = rig.client();
    const full: Beat = { clientId: 'c', group: 'G', topics: ['T'], fingerprint: 7 };
    const lean: Beat = { clientId: 'c', group: 'G', fingerprint: 7, withoutSub: true };
    assert.is((await beat(client, lean)).extFields.get('IS_SUB_CHANGE'), 'true', 'nothing known');
    assert.is((await beat(client, full)).extFields.get('IS_SUB_CHANGE'), 'false');
    assert.is((await beat(client, lean)).extFields.get('IS_SUB_CHANGE'), 'false');
    assert.is(rig.dataPlane.liveGroups.get('G')?.subscriptions.length, 1);
    const other = await beat(client, { ...full, fingerprint: 8 });
    assert.is(other.extFields.get('IS_SUB_CHANGE'), 'true', 'another fingerprint');
  },
);

clients('connection lists show who is there', async () => {
  const client = rig.client('10.1.2.3:4567');
  await beat(client, { clientId: 'c', group: 'G', topics: ['T'], producers: ['P'] });
  const consumers = await client.call(RequestCode.GET_CONSUMER_CONNECTION_LIST, {
    extFields: { consumerGroup: 'G' },
  });
  const text = Buffer.from(consumers.body).toString();
  assert.match(text, '"clientAddr":"10.1.2.3:4567"');
  assert.match(text, '"consumeType":"CONSUME_PASSIVELY"');
  const producers = await client.call(RequestCode.GET_PRODUCER_CONNECTION_LIST, {
    extFields: { producerGroup: 'P' },
  });
  assert.match(Buffer.from(producers.body).toString(), '"clientId":"c"');
  const nobody = await client.call(RequestCode.GET_CONSUMER_CONNECTION_LIST, {
    extFields: { consumerGroup: 'nobody' },
  });
  assert.is(nobody.code, ResponseCode.CONSUMER_NOT_ONLINE);
});

clients('307 is handed to the consumer and its answer handed back', async () => {
  const [tool, consumer] = [rig.client(), rig.client()];
  await beat(consumer, { clientId: 'c', group: 'G', topics: ['T'] });
  const asked = tool.call(RequestCode.GET_CONSUMER_RUNNING_INFO, {
    extFields: { consumerGroup: 'G', clientId: 'c' },
  });
  await turn();
  const question = consumer.asked.find(({ code }) => code === 307);
  assert.ok(question);
  consumer.send({ ...question, code: 0, flag: 1, extFields: new Map(), body: Buffer.from('{}') });
  const answer = await asked;
  assert.is(Buffer.from(answer.body).toString(), '{}');
});

clients(
  'an unknown code is answered 3, a oneway request never, garbage closes its connection',
  async () => {
    const client = rig.client();
    const unknown = await client.call(9999);
    assert.is(unknown.code, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
    assert.is(unknown.remark, ' request type 9999 not supported');
    const before = rig.dataPlane.sent.length;
    client.send(createRequest(9999, { oneway: true }));
    await turn();
    assert.is(rig.dataPlane.sent.length, before);
    let closed = false;
    rig.dataPlane.onCloseConnection = () => {
      closed = true;
    };
    const { connection } = client;
    rig.dataPlane.deliver({ frames: [{ connection, frame: Buffer.from('garbage!') }] });
    assert.ok(closed);
  },
);

clients.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createResponse,
  type ExtValues,
  isOneway,
  type RemotingCommand,
  reply,
} from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { BrokerRig, type Client, turn } from '../support/broker-rig.ts';
import { heartbeatBody } from '../support/heartbeats.ts';

const asking = suite('asking consumers');
let rig: BrokerRig;
asking.before.each(async () => {
  rig = await BrokerRig.start();
  await rig.want({ name: 'T' });
});
asking.after.each(() => rig.destroy());

/** Address 127.0.0.1:10911, position 0x40. */
const MESSAGE_ID = '7F00000100002A9F0000000000000040';

async function online(clientId: string): Promise<Client> {
  const client = rig.client();
  const body = heartbeatBody({ clientId, group: 'G', topics: ['T'] });
  await client.call(RequestCode.HEART_BEAT, { body });
  client.asked.length = 0;
  return client;
}

function ask(code: number, extFields: ExtValues): Promise<RemotingCommand> {
  return rig.client().call(code, { extFields });
}

/** The first request that wants an answer; a notice of joined members wants none. */
async function question(client: Client): Promise<RemotingCommand> {
  for (;;) {
    const found = client.asked.find((request) => !isOneway(request));
    if (found !== undefined) return found;
    await turn();
  }
}

asking('309 hands a stored record on, with what the client needs to know', async () => {
  const client = await online('c');
  rig.dataPlane.records.add(0x40);
  const asked = { consumerGroup: 'G', clientId: 'c', msgId: MESSAGE_ID, topic: 'T' };
  const answer = ask(RequestCode.CONSUME_MESSAGE_DIRECTLY, asked);
  const seen = await question(client);
  assert.is(seen.extFields.get('brokerName'), 'broker-a');
  assert.is(seen.extFields.get('topicSysFlag'), '0');
  assert.is(seen.extFields.get('groupSysFlag'), '0');
  client.send(createResponse(seen, reply(0, { body: '{"consumeResult":"CR_SUCCESS"}' })));
  assert.is(Buffer.from((await answer).body).toString(), '{"consumeResult":"CR_SUCCESS"}');
});

asking('309 for a message that is not there, or for nobody, says so at once', async () => {
  await online('c');
  const call = (fields: ExtValues) =>
    ask(RequestCode.CONSUME_MESSAGE_DIRECTLY, {
      consumerGroup: 'G',
      clientId: 'c',
      msgId: MESSAGE_ID,
      ...fields,
    });
  for (const [fields, text] of [
    [{}, /can not find message by the offset, 64/],
    [{ clientId: 'other' }, /not online/],
    [{ msgId: 'xyz' }, /not the id of a stored message/],
  ] as const) {
    const answer = await call(fields);
    assert.is(answer.code, ResponseCode.SYSTEM_ERROR);
    assert.match(answer.remark ?? '', text);
  }
});

asking('a consumer that leaves while it is asked ends the question', async () => {
  const client = await online('c');
  const answer = ask(RequestCode.GET_CONSUMER_RUNNING_INFO, { consumerGroup: 'G', clientId: 'c' });
  await question(client);
  client.close();
  assert.is((await answer).code, ResponseCode.SYSTEM_ERROR);
});

asking('223 gathers where the members are and leaves out who does not answer', async () => {
  const [first, second] = [await online('one'), await online('two')];
  const answer = ask(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, { topic: 'T', group: 'G' });
  const table = '{"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:7}}';
  first.send(createResponse(await question(first), reply(0, { body: table })));
  await question(second);
  second.close();
  assert.is(
    Buffer.from((await answer).body).toString(),
    '{"consumerTable":{"one":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:7}},' +
      '"messageQueueTable":{}}',
  );
  const nobody = await ask(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, {
    topic: 'T',
    group: 'none',
  });
  assert.match(nobody.remark ?? '', /No Any Consumer online/);
});

asking.run();

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namesrvSettings } from '../../src/config/roles.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { NameServer } from '../../src/namesrv/name-server.ts';
import { decodeBrokerMemberGroup } from '../../src/remoting/bodies/broker-member-group.ts';
import { decodeClusterInfo } from '../../src/remoting/bodies/cluster-info.ts';
import { decodeKvTable } from '../../src/remoting/bodies/kv-table.ts';
import { decodeTopicList } from '../../src/remoting/bodies/topic-list.ts';
import { decodeTopicRoute } from '../../src/remoting/bodies/topic-route.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { queryDataVersionRequest } from '../../src/remoting/commands/query-data-version.ts';
import { registerBrokerRequest } from '../../src/remoting/commands/register-broker.ts';
import { registerTopicRequest } from '../../src/remoting/commands/register-topic.ts';
import { updateNamesrvConfigRequest } from '../../src/remoting/commands/update-namesrv-config.ts';
import { encodeFrame } from '../../src/remoting/frame.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
} from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { registration } from './rig.ts';

interface Rig {
  ask: (code: number, extFields?: ExtValues) => Promise<RemotingCommand>;
  send: (command: RemotingCommand) => Promise<RemotingCommand>;
  client: RemotingClient;
  address: string;
  port: number;
  folder: string;
}

async function withNameServer(lines: string, body: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-namesrv-'));
  const configFile = join(folder, 'namesrv.conf');
  writeFileSync(configFile, lines);
  const settings = namesrvSettings();
  settings.set('listenPort', 0);
  settings.set('bindAddress', '127.0.0.1');
  settings.set('kvConfigPath', join(folder, 'kvConfig.json'));
  for (const line of lines.split('\n').filter((text) => text !== '')) {
    const [key = '', value = ''] = line.split('=');
    settings.apply([{ key, value, line: 1, lastLine: 1 }], configFile);
  }
  const server = new NameServer({ settings, logger: silentLogger(), configFile });
  await server.start();
  const address = `127.0.0.1:${server.port}`;
  const client = new RemotingClient();
  const send = (command: RemotingCommand): Promise<RemotingCommand> =>
    client.request(address, command);
  const ask: Rig['ask'] = (code, extFields = {}) => send(createRequest(code, { extFields }));
  try {
    await body({ ask, send, client, address, port: server.port, folder });
  } finally {
    await client.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

for (const encoding of ['JSON', 'ROCKETMQ'] as const) {
  for (const compressed of [false, true]) {
    test(`a broker registers in ${encoding}, ${compressed ? 'compressed' : 'plain'}`, () =>
      withNameServer('', async ({ ask, send }) => {
        const answer = await send(registerBrokerRequest(registration(), { encoding, compressed }));
        assert.is(answer.code, 0, answer.remark ?? '');
        assert.is(answer.encoding, encoding);
        const route = await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' });
        const { brokerDatas, queueDatas } = decodeTopicRoute(route.body);
        assert.equal(brokerDatas[0]?.brokerAddrs, new Map([[0, '10.0.0.1:10911']]));
        assert.is(queueDatas[0]?.writeQueueNums, 16);
      }));
  }
}

test('routes are standard JSON for new clients and those that ask, old JSON for others', () =>
  withNameServer('', async ({ send }) => {
    await send(registerBrokerRequest(registration()));
    const body = async (version: number, extFields: ExtValues): Promise<string> => {
      const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields });
      return Buffer.from((await send({ ...request, version })).body).toString();
    };
    assert.match(await body(400, { topic: 'T' }), '{0:"10.0.0.1:10911"}');
    assert.match(await body(401, { topic: 'T' }), '{"0":"10.0.0.1:10911"}');
    const asked = { topic: 'T', acceptStandardJsonOnly: true };
    assert.match(await body(0, asked), '{"0":"10.0.0.1:10911"}');
  }));

test("a wrong checksum, a broken body and a missing field are the request's fault", () =>
  withNameServer('', async ({ send, ask }) => {
    const good = registerBrokerRequest(registration());
    const wrong = { ...good, body: Buffer.from('{}') };
    assert.is((await send(wrong)).remark, 'crc32 not match');
    const unchecked = new Map([...good.extFields, ['bodyCrc32', '0']]);
    for (const [fields, text] of [
      [unchecked, '{"topicConfigSerializeWrapper":'],
      [unchecked, '[]'],
      [new Map([...unchecked, ['compressed', 'true']]), 'not zlib'],
    ] as const) {
      const answer = await send({ ...good, extFields: fields, body: Buffer.from(text) });
      assert.is(answer.code, 1);
      assert.match(answer.remark ?? '', 'the request is at fault');
    }
    const missing = await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC);
    assert.match(missing.remark ?? '', 'field topic is missing');
    assert.is(
      decodeClusterInfo((await ask(RequestCode.GET_BROKER_CLUSTER_INFO)).body).brokers.size,
      0,
    );
  }));

test('a closed connection removes its broker at once', () =>
  withNameServer('', async ({ ask, port }) => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(encodeFrame(registerBrokerRequest(registration())));
    await once(socket, 'data');
    assert.is((await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' })).code, 0);
    socket.destroy();
    let code = 0;
    const startedMs = performance.now();
    while (code === 0 && performance.now() - startedMs < 2000) {
      code = (await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' })).code;
    }
    assert.is(code, 17);
  }));

test('data versions are compared and count as a sign of life', () =>
  withNameServer('', async ({ send }) => {
    await send(registerBrokerRequest(registration()));
    const { clusterName, brokerName, brokerAddr, brokerId, body } = registration();
    const query = { clusterName, brokerName, brokerAddr, brokerId, dataVersion: body.dataVersion };
    const same = await send(queryDataVersionRequest(query));
    assert.is(same.extFields.get('changed'), 'false');
    const newer = { ...query, dataVersion: { ...body.dataVersion, counter: 9 } };
    const other = await send(queryDataVersionRequest(newer));
    assert.is(other.extFields.get('changed'), 'true');
    assert.match(Buffer.from(other.body).toString(), '"counter":1');
  }));

test('lists, members and permissions answer as RocketMQ does', () =>
  withNameServer('', async ({ ask, send }) => {
    await send(registerBrokerRequest(registration()));
    const topics = async (code: number, fields: ExtValues = {}): Promise<string[]> =>
      [...decodeTopicList((await ask(code, fields)).body).topics].sort();
    assert.equal(await topics(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER), ['T', 'TBW102']);
    assert.equal(await topics(RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'C' }), [
      'T',
      'TBW102',
    ]);
    assert.equal(await topics(RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'X' }), []);
    assert.equal(await topics(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS), ['C', 'a']);
    assert.equal(await topics(RequestCode.GET_UNIT_TOPIC_LIST), []);
    const members = await ask(RequestCode.GET_BROKER_MEMBER_GROUP, {
      clusterName: 'C',
      brokerName: 'a',
    });
    assert.equal(decodeBrokerMemberGroup(members.body), new Map([[0, '10.0.0.1:10911']]));
    const wiped = await ask(RequestCode.WIPE_WRITE_PERM_OF_BROKER, { brokerName: 'a' });
    assert.is(wiped.extFields.get('wipeTopicCount'), '2');
    const added = await ask(RequestCode.ADD_WRITE_PERM_OF_BROKER, { brokerName: 'a' });
    assert.is(added.extFields.get('addTopicCount'), '2');
    const queue = {
      brokerName: 'a',
      readQueueNums: 1,
      writeQueueNums: 1,
      perm: 6,
      topicSysFlag: 1,
    };
    await send(registerTopicRequest({ topic: 'U', queueDatas: [queue] }));
    assert.equal(await topics(RequestCode.GET_UNIT_TOPIC_LIST), ['U']);
    await ask(RequestCode.DELETE_TOPIC_IN_NAMESRV, { topic: 'U' });
    assert.equal(await topics(RequestCode.GET_UNIT_TOPIC_LIST), []);
    const broker = { clusterName: 'C', brokerName: 'a', brokerAddr: '10.0.0.1:10911', brokerId: 0 };
    assert.is((await ask(RequestCode.BROKER_HEARTBEAT, broker)).code, 0);
    assert.is((await ask(RequestCode.UNREGISTER_BROKER, broker)).code, 0);
    assert.equal(await topics(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER), []);
  }));

test('order topics go to brokers and, when enabled, into routes', () =>
  withNameServer('orderMessageEnable=true', async ({ ask, send }) => {
    const pair = { namespace: 'ORDER_TOPIC_CONFIG', key: 'T', value: 'a:4' };
    await ask(RequestCode.PUT_KV_CONFIG, pair);
    const answer = await send(registerBrokerRequest(registration()));
    assert.equal(decodeKvTable(answer.body), new Map([['T', 'a:4']]));
    const route = await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' });
    assert.is(decodeTopicRoute(route.body).orderTopicConf, 'a:4');
    const value = await ask(RequestCode.GET_KV_CONFIG, pair);
    assert.is(value.extFields.get('value'), 'a:4');
    await ask(RequestCode.DELETE_KV_CONFIG, pair);
    assert.is((await ask(RequestCode.GET_KV_CONFIG, pair)).code, 22);
    assert.is((await ask(RequestCode.GET_KVLIST_BY_NAMESPACE, { namespace: 'none' })).code, 22);
  }));

test('hot keys change and are written to the file, all others are refused', () =>
  withNameServer('# mine\nenableTopicList=true', async ({ ask, send, folder }) => {
    const changed = await send(updateNamesrvConfigRequest('enableTopicList=false\n'));
    assert.is(changed.code, 0, changed.remark ?? '');
    const refused = await ask(RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'C' });
    assert.is(refused.remark, 'disable');
    const file = readFileSync(join(folder, 'namesrv.conf'), 'utf8');
    assert.is(file, '# mine\nenableTopicList=false\n');
    const config = Buffer.from((await ask(RequestCode.GET_NAMESRV_CONFIG)).body).toString();
    assert.match(config, /^enableTopicList=false$/m);
    for (const line of ['kvConfigPath=/tmp/x', 'configStorePath=/tmp/x', 'rocketmqHome=/', 'x=1']) {
      assert.is((await send(updateNamesrvConfigRequest(line))).code, 16, line);
    }
    assert.is((await send(updateNamesrvConfigRequest('enableTopicList=maybe'))).code, 1);
  }));

test('a silent broker is removed by the scan', () =>
  withNameServer('scanNotActiveBrokerInterval=100', async ({ ask, send }) => {
    await send(registerBrokerRequest(registration({ heartbeatTimeoutMillis: 150 })));
    const startedMs = performance.now();
    let code = 0;
    while (code === 0 && performance.now() - startedMs < 3000) {
      const canary = new RemotingClient();
      code = (
        await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' }).catch(() => ({ code: 0 }))
      ).code;
      await canary.close();
    }
    assert.is(code, 17);
    assert.ok(performance.now() - startedMs >= 140);
  }));

test('a name server that must wait says that it is not ready', () =>
  withNameServer('needWaitForService=true', async ({ ask }) => {
    const answer = await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' });
    assert.is(answer.code, 1);
    assert.is(answer.remark, 'name server not ready');
  }));

test('codes that a name server does not serve are answered with 3', () =>
  withNameServer('', async ({ ask }) => {
    assert.is((await ask(RequestCode.SEND_MESSAGE)).code, 3);
  }));

test.run();

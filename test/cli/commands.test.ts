/** Commands against a cluster in this process: what they change, print, and say of the dead. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/index.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Cluster, startCluster } from '../../src/index.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { registerBrokerRequest } from '../../src/remoting/commands/register-broker.ts';
import { registration } from '../namesrv/rig.ts';
import { beforeAll } from '../runner/before-all.ts';

const commands = suite('commands on a cluster');
let cluster: Cluster;
let folder: string;

interface Run {
  code: number;
  out: string;
  error: string;
}

async function mqadmin(...argv: string[]): Promise<Run> {
  const out: string[] = [];
  const error: string[] = [];
  const code = await runProgram(argv, {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    nameServerVariable: cluster.nameServer,
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

/** The run must succeed; resolves to what it printed. */
async function ok(...argv: string[]): Promise<string> {
  const { code, out, error } = await mqadmin(...argv);
  assert.is(code, 0, `${argv.join(' ')}: ${error}`);
  return out;
}

async function listed(...argv: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await ok(...argv, '--json')) as Record<string, unknown>[];
}

beforeAll(commands, async () => {
  folder = mkdtempSync(join(tmpdir(), 'turbopump-cli-'));
  cluster = await startCluster();
});

commands.after(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

commands('topics: from a file, permission, clusters, order', async () => {
  const file = join(folder, 'topics.json');
  writeFileSync(
    file,
    '[{"topicName":"T1","readQueueNums":3,"writeQueueNums":2},{"topicName":"T2"}]',
  );
  await ok('updateTopicList', '-c', 'DefaultCluster', '-f', file);
  await ok('updateTopicPerm', '-b', cluster.broker, '-t', 'T1', '-p', '4');
  const admin = new AdminClient({ nameServers: [...cluster.nameServers] });
  const { queues } = await admin.topics.route('T1');
  await admin.close();
  assert.equal(
    queues.map(({ perm, readQueueNums, writeQueueNums }) => [perm, readQueueNums, writeQueueNums]),
    [[4, 3, 2]],
  );
  assert.equal(await listed('topicClusterList', '-t', 'T2'), [{ cluster: 'DefaultCluster' }]);
  await ok('updateOrderConf', '-t', 'T1', '-m', 'put', '-v', 'broker-a:2');
  assert.match(await ok('updateOrderConf', '-t', 'T1', '-m', 'get'), 'orderConf=[broker-a:2]');
  await ok('updateOrderConf', '-t', 'T1', '-m', 'delete');
  assert.is((await mqadmin('updateOrderConf', '-t', 'T1', '-m', 'get')).code, 1);
});

commands('groups: created, shown, deleted', async () => {
  await ok('updateSubGroup', '-c', 'DefaultCluster', '-g', 'G1', '-r', '7', '-s', 'false');
  const [config] = await listed('getConsumerConfig', '-g', 'G1');
  assert.equal([config?.['retryMaxTimes'], config?.['consumeEnable']], [7, false]);
  await ok('deleteSubGroup', '-c', 'DefaultCluster', '-g', 'G1');
  assert.equal(await listed('getConsumerConfig', '-g', 'G1'), []);
});

commands('messages: sent, counted, found and printed', async () => {
  await ok('updateTopic', '-b', cluster.broker, '-t', 'M', '-r', '1', '-w', '1');
  for (const tag of ['A', 'B', 'A']) {
    await ok('sendMessage', '-t', 'M', '-p', `body ${tag}`, '-k', `key-${tag}`, '-c', tag);
  }
  const [queue] = await listed('topicStatus', '-t', 'M');
  assert.is(queue?.['maxOffset'], 3);
  const found = await listed('queryMsgByKey', '-t', 'M', '-k', 'key-A');
  assert.equal(found.map(({ offset }) => offset).sort(), [0, 2]);
  const id = String(found[0]?.['messageId']);
  assert.match(await ok('queryMsgByUniqueKey', '-t', 'M', '-i', id), /^Tags: {16}\[A\]$/m);
  const place = ['-t', 'M', '-b', 'broker-a', '-i', '0', '-o'];
  assert.match(await ok('queryMsgByOffset', ...place, '1', '-f', 'utf-8'), 'body B');
  assert.is((await mqadmin('queryMsgByOffset', ...place, '9')).code, 1);
  const all = await ok('printMsg', '-t', 'M');
  assert.equal(all.match(/BODY: body ./g), ['BODY: body A', 'BODY: body B', 'BODY: body A']);
  assert.is((await ok('printMsg', '-t', 'M', '-s', 'B')).match(/BODY: /g)?.length, 1);
  const counted = await ok(
    ...['printMsgByQueue', '-t', 'M', '-a', 'broker-a', '-i', '0', '-f', 'true'],
  );
  assert.match(counted, /^Tag: A {30}Count: 2\nTag: B {30}Count: 1$/);
});

commands('a group is moved to the end of a topic', async () => {
  await ok('updateTopic', '-b', cluster.broker, '-t', 'S', '-r', '1', '-w', '1');
  await ok('updateSubGroup', '-c', 'DefaultCluster', '-g', 'SG');
  for (let count = 0; count < 3; count++) await ok('sendMessage', '-t', 'S', '-p', 'x');
  const moved = await listed('skipAccumulatedMessage', '-g', 'SG', '-t', 'S');
  assert.is(moved[0]?.['offset'] ?? moved[0]?.['resetOffset'], 3);
});

commands('key-values and writing in the routes', async () => {
  await ok('updateKvConfig', '-s', 'space', '-k', 'key', '-v', 'value');
  await ok('deleteKvConfig', '-s', 'space', '-k', 'key');
  await ok('updateTopic', '-b', cluster.broker, '-t', 'W');
  assert.match(await ok('wipeWritePerm', '-b', 'broker-a'), /OK, \d+$/);
  assert.match(await ok('topicRoute', '-t', 'W'), '"perm":4');
  assert.match(await ok('addWritePerm', '-b', 'broker-a'), /OK, \d+$/);
  assert.match(await ok('topicRoute', '-t', 'W'), '"perm":6');
});

commands('configuration is shown, and a forbidden key is refused by name', async () => {
  const [config] = await listed('getBrokerConfig', '-b', cluster.broker);
  assert.is((config?.['config'] as Record<string, string> | undefined)?.['brokerName'], 'broker-a');
  const nameServers = await listed('getNamesrvConfig');
  assert.is(nameServers[0]?.['nameServer'], cluster.nameServer);
  const refused = await mqadmin(
    ...['updateBrokerConfig', '-b', cluster.broker, '-k', 'storePathRootDir', '-v', '/x'],
  );
  assert.is(refused.code, 1);
  assert.match(refused.error, 'storePathRootDir');
  assert.match(refused.error, cluster.broker);
});

commands('exports are files of RocketMQ’s names', async () => {
  await ok('updateTopic', '-b', cluster.broker, '-t', 'Exported');
  const read = (name: string) =>
    JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
  const target = ['-c', 'DefaultCluster', '-f', folder];
  assert.match(await ok('exportMetadata', ...target), `export ${folder}/metadata.json success`);
  assert.ok('Exported' in (read('metadata.json')['topicConfigTable'] as object));
  await ok('exportConfigs', ...target);
  assert.ok('broker-a' in (read('configs.json')['brokerConfigs'] as object));
  await ok('exportMetrics', ...target);
  assert.ok('broker-a' in (read('metrics.json')['evaluateReport'] as object));
});

commands('what this cluster has no part for is refused with the reason', async () => {
  const elect = ['electMaster', '-a', 'x:1', '-b', '1', '-bn', 'broker-a', '-c', 'c'];
  for (const argv of [elect, ['getBrokerEpoch'], ['copyUser', '-f', 'x:1', '-toBroker', 'y:1']]) {
    const { code, error } = await mqadmin(...argv);
    assert.is(code, 1);
    assert.match(error, `${argv[0]} failed: not supported by this cluster: `);
  }
  const { code, error } = await mqadmin('electMaster', '-a', 'x:1');
  assert.is(code, 1);
  assert.match(error, /Usage: mqadmin electMaster .*\n.*not supported by this cluster/s);
  assert.match(error, '--brokerName <brokerName>');
});

commands('one dead and one silent broker cost their own lines only', async () => {
  const sockets = new Set<Socket>();
  const silent: Server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  const silentAddress = `127.0.0.1:${address.port}`;
  const client = new RemotingClient();
  for (const [brokerName, brokerAddr] of [
    ['dead', '127.0.0.1:1'],
    ['silent', silentAddress],
  ] as const) {
    const request = registration({ clusterName: 'DefaultCluster', brokerName, brokerAddr });
    await client.call(cluster.nameServer, registerBrokerRequest(request));
  }
  try {
    await expectTheirLinesOnly(silentAddress);
  } finally {
    await client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});

async function expectTheirLinesOnly(silentAddress: string): Promise<void> {
  const started = Date.now();
  const { code, out, error } = await mqadmin('clusterList');
  assert.ok(Date.now() - started < 7000, 'one timeout, not one a broker');
  assert.is(code, 1);
  for (const name of ['broker-a', 'dead', 'silent']) {
    assert.match(out, new RegExp(`^DefaultCluster +${name} `, 'm'));
  }
  assert.match(out, /broker-a .* true *$/m);
  assert.match(error, '# connect to 127.0.0.1:1 failed: connection refused');
  assert.match(error, `# no answer from ${silentAddress} within 5000 ms`);
  const config = await mqadmin('getBrokerConfig', '-c', 'DefaultCluster', '--json');
  assert.is(config.code, 1);
  assert.equal(
    (JSON.parse(config.out) as { broker: string }[]).map(({ broker }) => broker),
    [cluster.broker],
  );
}

commands.run();

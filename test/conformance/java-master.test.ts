/** Our slave at a master of the real RocketMQ 5.3.3: what it copies besides the log. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { becomes, Pair } from '../integration/pair.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { type Service, startService } from '../oracle/child-process.ts';
import { freePort } from '../oracle/free-port.ts';
import { classPath, JVM_FLAGS, missingForJava } from '../oracle/java.ts';
import { propertiesText } from '../oracle/properties-text.ts';
import { haveTools } from './outside-tools.ts';

const bootLimitMs = 120_000;
/** A RocketMQ master is asked for whole tables every 10 s. */
const copiedLimitMs = 30_000;
const topic = 'CarriedTopic';
const group = 'CarriedGroup';

async function startJavaMaster(
  machine: Machine,
  nameServer: Server,
): Promise<{ service: Service; address: string }> {
  const port = await freePort([-2, 1]);
  const store = join(machine.folder, 'java-store');
  const file = join(machine.folder, 'java.properties');
  mkdirSync(store);
  writeFileSync(
    file,
    propertiesText({
      ...{ brokerClusterName: 'DefaultCluster', brokerName: 'broker-a', brokerId: 0 },
      ...{ brokerRole: 'ASYNC_MASTER', brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1' },
      ...{ listenPort: port, haListenPort: port + 1, namesrvAddr: nameServer.address },
      ...{ storePathRootDir: store, storePathCommitLog: join(store, 'commitlog') },
      mappedFileSizeCommitLog: 67_108_864,
    }),
  );
  const libraries = await classPath('server-5.3.3');
  const main = ['org.apache.rocketmq.broker.BrokerStartup', '-c', file];
  const service = await startService(
    {
      command: 'java',
      args: [...JVM_FLAGS, `-Duser.home=${machine.folder}`, '-cp', libraries, ...main],
      cwd: machine.folder,
      env: { ROCKETMQ_HOME: machine.folder },
      limit_ms: bootLimitMs,
    },
    /The broker\[.*\] boot success/,
  );
  return { service, address: `127.0.0.1:${port}` };
}

async function check(): Promise<void> {
  const machine = new Machine();
  let java: Service | null = null;
  try {
    const nameServer = await machine.nameServer();
    const master = await startJavaMaster(machine, nameServer);
    java = master.service;
    const slave = await machine.shipped('2m-2s-async/broker-a-s', [nameServer]);
    const pair = new Pair(machine, nameServer, master, slave);
    assert.is(await pair.send(topic), 0);
    await pair.pullCode(topic, 0, master, group);
    await pair.commit(master, group, topic, 1);
    await becomes(copiedLimitMs, 'the slave has the offset', async () => {
      return (await pair.offset(slave, group, topic)) === 1;
    });
    await pair.caughtUp(copiedLimitMs);
    assert.is(await pair.pullCode(topic, 0, slave, group), 0, 'topic and group came as well');
    await master.service.kill();
    await becomes(copiedLimitMs, 'the slave serves alone', async () => {
      return (await pair.pullCode(topic, 1, slave, group)) === 19;
    });
    assert.is(await pair.offset(slave, group, topic), 1);
    await pair.close();
  } finally {
    await java?.kill();
    await machine.close();
  }
}

if (await haveTools('Java master 5.3.3', await missingForJava())) {
  test('topics, groups and offsets of a Java master are carried over', check);
} else {
  test.skip('Java master 5.3.3', () => undefined);
}

test.run();

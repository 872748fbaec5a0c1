/** A broker of the real RocketMQ 5.3.3 at our name server, seen by its own mqadmin. */
import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfigFile } from '../../src/config/config-file.ts';
import { namesrvSettings } from '../../src/config/roles.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { NameServer } from '../../src/namesrv/name-server.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { type Service, startService } from '../oracle/child-process.ts';
import { classPath, JVM_FLAGS, missingForJava } from '../oracle/java.ts';
import { type ServerFiles, writeServerFiles } from '../oracle/java-cluster.ts';
import { javaMqadmin } from '../oracle/java-mqadmin.ts';
import { haveTools } from './outside-tools.ts';

const BROKER = 'org.apache.rocketmq.broker.BrokerStartup';
const BOOT_LIMIT_MS = 120_000;
const REGISTERED_LIMIT_MS = 60_000;
const REMOVED_LIMIT_MS = 5000;
const ASK_EVERY_MS = 50;

async function startNameServer(files: ServerFiles): Promise<NameServer> {
  const settings = namesrvSettings();
  settings.apply(readConfigFile(files.namesrvProperties), files.namesrvProperties);
  const server = new NameServer({ settings, logger: silentLogger(), configFile: null });
  await server.start();
  return server;
}

async function startJavaBroker(files: ServerFiles, serializer: string): Promise<Service> {
  const own = [`-Duser.home=${files.folder}`, `-Drocketmq.serialize.type=${serializer}`];
  const libraries = await classPath('server-5.3.3');
  return await startService(
    {
      command: 'java',
      args: [...JVM_FLAGS, ...own, '-cp', libraries, BROKER, '-c', files.brokerProperties],
      cwd: files.folder,
      env: { ROCKETMQ_HOME: files.folder },
      limit_ms: BOOT_LIMIT_MS,
    },
    /The broker\[.*\] boot success/,
  );
}

/** Asks for the route of TBW102 until the answer has the code; resolves to the time it took. */
async function msUntilRouteAnswers(address: string, code: number): Promise<number> {
  const client = new RemotingClient();
  const startedMs = performance.now();
  try {
    for (;;) {
      const extFields = { topic: 'TBW102' };
      const ask = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields });
      const answer = await client.request(address, ask);
      const passedMs = performance.now() - startedMs;
      if (answer.code === code || passedMs > REGISTERED_LIMIT_MS) return passedMs;
      await setTimeout(ASK_EVERY_MS);
    }
  } finally {
    await client.close();
  }
}

async function check(serializer: string): Promise<void> {
  const files = await writeServerFiles({});
  const server = await startNameServer(files);
  const address = `127.0.0.1:${server.port}`;
  let broker: Service | null = null;
  try {
    broker = await startJavaBroker(files, serializer);
    // A busy Java broker may boot before it has found its name server; it then tries after 10 s.
    assert.ok((await msUntilRouteAnswers(address, 0)) < REGISTERED_LIMIT_MS);
    const [cluster, topics, route] = await javaMqadmin(address, [
      ['clusterList'],
      ['topicList'],
      ['topicRoute', '-t', 'TBW102'],
    ]);
    const { brokerPort } = files;
    const row = new RegExp(`DefaultCluster +broker-a +0 +127.0.0.1:${brokerPort} +V5_3_3 `);
    assert.match(cluster ?? '', row, cluster);
    assert.match(topics ?? '', /^TBW102$/m);
    assert.match(route ?? '', `{0:"127.0.0.1:${brokerPort}"`);
    await broker.kill();
    assert.ok((await msUntilRouteAnswers(address, 17)) < REMOVED_LIMIT_MS);
  } finally {
    await broker?.kill();
    await server.stop();
    rmSync(files.folder, { recursive: true, force: true });
  }
}

if (await haveTools('Java broker 5.3.3', await missingForJava())) {
  for (const serializer of ['JSON', 'ROCKETMQ']) {
    test(`a Java broker with ${serializer} headers lives and dies at our name server`, () =>
      check(serializer));
  }
} else {
  test.skip('Java broker 5.3.3', () => undefined);
}

test.run();

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Service, startService } from './child-process.ts';
import { freePort } from './free-port.ts';
import { classPath, JVM_FLAGS } from './java.ts';
import { type Properties, propertiesText } from './properties-text.ts';

const BOOT_LIMIT_MS = 60_000;
const NAMESRV = 'org.apache.rocketmq.namesrv.NamesrvStartup';
const BROKER = 'org.apache.rocketmq.broker.BrokerStartup';

/** A name server and a broker of the real RocketMQ 5.3.3, each a JVM, in a folder of their own. */
export interface JavaCluster {
  readonly nameServer: string;
  readonly broker: string;
  /** The folder of both: stores, settings, logs. Removed by `stop`. */
  readonly folder: string;
  /** What the two printed. */
  output(): string;
  /** Kills both (nothing of their store is read again) and removes the folder. */
  stop(): Promise<void>;
}

export interface ServerFiles {
  readonly folder: string;
  readonly nameServerPort: number;
  readonly brokerPort: number;
  readonly namesrvProperties: string;
  readonly brokerProperties: string;
}

/**
 * Picks ports and writes the two settings files both kinds of server are started with.
 *
 * Settings that are not RocketMQ's defaults: small segments, since tests need no gigabyte; a long
 * wait in the send queue, since a cold JVM on a busy machine else drops oneway sends.
 */
export async function writeServerFiles(
  settings: Properties,
  parent = tmpdir(),
): Promise<ServerFiles> {
  const folder = mkdtempSync(join(parent, 'turbopump-cluster-'));
  const nameServerPort = await freePort();
  const brokerPort = await freePort([-2, 1]);
  const store = join(folder, 'store');
  mkdirSync(store);
  const namesrvProperties = join(folder, 'namesrv.properties');
  writeFileSync(
    namesrvProperties,
    propertiesText({ listenPort: nameServerPort, kvConfigPath: join(folder, 'kvConfig.json') }),
  );
  const brokerProperties = join(folder, 'broker.properties');
  writeFileSync(
    brokerProperties,
    propertiesText({
      brokerClusterName: 'DefaultCluster',
      brokerName: 'broker-a',
      brokerId: 0,
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
      namesrvAddr: `127.0.0.1:${nameServerPort}`,
      listenPort: brokerPort,
      haListenPort: brokerPort + 1,
      storePathRootDir: store,
      storePathCommitLog: join(store, 'commitlog'),
      mappedFileSizeCommitLog: 67_108_864,
      waitTimeMillsInSendQueue: 10_000,
      ...settings,
    }),
  );
  return { folder, nameServerPort, brokerPort, namesrvProperties, brokerProperties };
}

export async function startJavaCluster(settings: Properties = {}): Promise<JavaCluster> {
  const files = await writeServerFiles(settings);
  const started: Service[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.kill()));
    rmSync(files.folder, { recursive: true, force: true });
  };
  try {
    started.push(
      await startServer(NAMESRV, files, files.namesrvProperties, /The Name Server boot success/),
    );
    started.push(
      await startServer(BROKER, files, files.brokerProperties, /The broker\[.*\] boot success/),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nameServer: `127.0.0.1:${files.nameServerPort}`,
    broker: `127.0.0.1:${files.brokerPort}`,
    folder: files.folder,
    output: () => started.map((service) => service.output()).join('\n'),
    stop,
  };
}

async function startServer(
  mainClass: string,
  files: ServerFiles,
  properties: string,
  readyLine: RegExp,
): Promise<Service> {
  const home = `-Duser.home=${files.folder}`;
  const libraries = await classPath('server-5.3.3');
  return await startService(
    {
      command: 'java',
      args: [...JVM_FLAGS, home, '-cp', libraries, mainClass, '-c', properties],
      cwd: files.folder,
      env: { ROCKETMQ_HOME: files.folder },
      limit_ms: BOOT_LIMIT_MS,
    },
    readyLine,
  );
}

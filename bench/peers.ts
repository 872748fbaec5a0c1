/** The brokers that are measured: ours and Java RocketMQ 5.3.3, with the same settings. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startService } from '../test/oracle/child-process.ts';
import { classPath, JVM_FLAGS } from '../test/oracle/java.ts';
import { writeServerFiles } from '../test/oracle/java-cluster.ts';
import { projectRoot } from '../test/oracle/project-folders.ts';
import type { Properties } from '../test/oracle/properties-text.ts';

const bootLimitMs = 60_000;
const stopLimitMs = 20_000;

export interface Peer {
  name: 'turbopump' | 'java';
  address: string;
  pid: number;
  stop(): Promise<void>;
}

const ready = /The broker\[.*\] boot success/;

/** Full-size segments and nothing else that is not a default; no name server is needed. */
const settings: Properties = { mappedFileSizeCommitLog: 1_073_741_824 };

export async function startOurs(extra: Properties = {}): Promise<Peer> {
  return startPeer('turbopump', extra, (properties) => ({
    command: process.execPath,
    args: [join(projectRoot, 'dist', 'src', 'main', 'mqbroker.js'), '-c', properties],
  }));
}

export async function startJava(extra: Properties = {}): Promise<Peer> {
  const libraries = await classPath('server-5.3.3');
  return startPeer('java', extra, (properties, folder) => ({
    command: 'java',
    args: [
      // Of two heap sizes the later counts.
      ...[...JVM_FLAGS, '-Xms4g', '-Xmx4g', '-XX:+UseG1GC', `-Duser.home=${folder}`],
      ...['-cp', libraries, 'org.apache.rocketmq.broker.BrokerStartup', '-c', properties],
    ],
  }));
}

async function startPeer(
  name: Peer['name'],
  extra: Properties,
  launch: (properties: string, folder: string) => { command: string; args: string[] },
): Promise<Peer> {
  const files = await writeServerFiles({ ...settings, ...extra });
  let service: Service;
  try {
    service = await startService(
      {
        ...launch(files.brokerProperties, files.folder),
        cwd: files.folder,
        env: { ROCKETMQ_HOME: files.folder, HOME: files.folder },
        limit_ms: bootLimitMs,
      },
      ready,
    );
  } catch (error) {
    rmSync(files.folder, { recursive: true, force: true });
    throw error;
  }
  return {
    name,
    address: `127.0.0.1:${files.brokerPort}`,
    pid: service.pid,
    stop: async () => {
      await service.stop(stopLimitMs);
      rmSync(files.folder, { recursive: true, force: true });
    },
  };
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startService } from '../oracle/child-process.ts';
import { type ServerFiles, writeServerFiles } from '../oracle/java-cluster.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import type { Properties } from '../oracle/properties-text.ts';
import type { Cluster } from './cluster.ts';

const BOOT_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 15_000;

/** Our name server and broker as processes of their own, started the way a user starts them. */
export async function startOwnCluster(settings: Properties = {}): Promise<Cluster> {
  const files = await writeServerFiles(settings);
  const started: Service[] = [];
  const stop = async (): Promise<void> => {
    // The broker first: it says good-bye to the name server.
    for (const service of [...started].reverse()) await service.stop(STOP_LIMIT_MS);
    rmSync(files.folder, { recursive: true, force: true });
  };
  try {
    started.push(await startMain('mqnamesrv', files, files.namesrvProperties, /boot success/));
    started.push(
      await startMain('mqbroker', files, files.brokerProperties, /The broker\[.*\] boot success/),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kind: 'turbopump',
    nameServer: `127.0.0.1:${files.nameServerPort}`,
    broker: `127.0.0.1:${files.brokerPort}`,
    folder: files.folder,
    output: () => started.map((service) => service.output()).join('\n'),
    stop,
  };
}

async function startMain(
  name: 'mqnamesrv' | 'mqbroker',
  files: ServerFiles,
  properties: string,
  readyLine: RegExp,
): Promise<Service> {
  return await startService(
    {
      command: process.execPath,
      args: [join(projectRoot, 'dist', 'src', 'main', `${name}.js`), '-c', properties],
      cwd: files.folder,
      env: { HOME: files.folder },
      limit_ms: BOOT_LIMIT_MS,
    },
    readyLine,
  );
}

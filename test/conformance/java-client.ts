import { join } from 'node:path';
import { type ClassPathName, compile } from '../oracle/java.ts';
import { projectRoot } from '../oracle/project-folders.ts';
import type { DriverRun } from './scenario-suite.ts';

const SOURCES = join(projectRoot, 'test', 'conformance', 'java', 'src');
const RUN_LIMIT_MS = 240_000;

/** Every scenario of the Java driver besides mixed10k. */
export const FEATURES = [
  ...['batch', 'oneway', 'compressed', 'tags', 'unicode', 'retryToDlq', 'delay', 'offsetKept'],
  ...['joinLeave', 'orderly', 'broadcast', 'pullConsumer', 'queryMessage'],
  ...['createTopic', 'autoCreate'],
];

/** The arguments of `java` up to the driver's own; logs and local offsets go below `home`. */
export async function javaDriver(
  client: ClassPathName,
  home: string,
  jvmFlags: readonly string[] = [],
): Promise<string[]> {
  return await javaProgram('Driver', client, home, jvmFlags);
}

/** As {@link javaDriver}, for any of the driver's main classes. */
export async function javaProgram(
  main: 'Driver' | 'LedgerProducer' | 'LedgerConsumer',
  client: ClassPathName,
  home: string,
  jvmFlags: readonly string[] = [],
): Promise<string[]> {
  const libraries = await compile(SOURCES, client);
  const flags = ['-Xmx512m', `-Duser.home=${home}`, ...jvmFlags];
  return [...flags, '-cp', libraries, `turbopump.conformance.${main}`];
}

/** A run of the Java driver with the given client on the class path. */
export function javaRun(
  client: ClassPathName,
  label: string,
  scenarios: readonly string[],
  jvmFlags: readonly string[] = [],
): DriverRun {
  return {
    label,
    scenarios,
    limit_ms: RUN_LIMIT_MS,
    command: async (cluster, names) => ({
      command: 'java',
      args: [
        ...(await javaDriver(client, cluster.folder, jvmFlags)),
        ...[cluster.nameServer, ...names],
      ],
    }),
  };
}

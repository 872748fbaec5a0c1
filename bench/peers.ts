/**
 * The brokers that are measured, started with the same settings in a folder of their own.
 *
 * A broker is up when it answered a send with SEND_OK: that is the boot time, for ours as for any
 * other. Invariants: programs are started by an array of arguments, never by a shell; every folder
 * is removed at the end.
 */
import { accessSync, constants, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Canary } from '../test/integration/canary.ts';
import { type Service, startUntil } from '../test/oracle/child-process.ts';
import { classPath, JVM_FLAGS } from '../test/oracle/java.ts';
import { type ServerFiles, writeServerFiles } from '../test/oracle/java-cluster.ts';
import { projectRoot } from '../test/oracle/project-folders.ts';
import type { Properties } from '../test/oracle/properties-text.ts';
import { anonymousMb } from './machine.ts';
import { BadOption } from './options.ts';
import type { Workload } from './workloads.ts';

const bootLimitMs = 90_000;
const stopLimitMs = 20_000;
const askAgainMs = 2;

/** One broker that can be started: how, and with which settings beyond the shared ones. */
export interface Contender {
  name: string;
  /** Seconds of load before the first measured run: a cold JVM is three times slower. */
  warmUpSeconds: number;
  settings: Properties;
  command(files: ServerFiles): Promise<{ command: string; args: string[] }>;
}

/** A contender that runs. */
export interface Peer {
  name: string;
  address: string;
  folder: string;
  /** From the start of its process to the first SEND_OK. */
  bootSeconds: number;
  /** Anonymous memory right after that. */
  idleMb: number;
  pid(): number;
  /** SIGKILL, then the same broker again on the same store; seconds from its start to SEND_OK. */
  recover(): Promise<number>;
  stop(): Promise<void>;
}

export type JavaKind = 'tuned' | 'default';

/** Full-size segments and nothing else that is not a default; no name server is needed. */
const shared: Properties = { mappedFileSizeCommitLog: 1_073_741_824 };

/** What `bin/runbroker.sh` of 5.3.3 gives the JVM, but for its log files. */
const shippedJvmFlags = [
  ...['-server', '-Xms8g', '-Xmx8g', '-XX:+UseG1GC', '-XX:G1HeapRegionSize=16m'],
  ...['-XX:G1ReservePercent=25', '-XX:InitiatingHeapOccupancyPercent=30'],
  ...['-XX:SoftRefLRUPolicyMSPerMB=0', '-XX:+AlwaysPreTouch', '-XX:MaxDirectMemorySize=15g'],
  ...['-XX:-UseLargePages', '-XX:-OmitStackTraceInFastThrow'],
];
const tunedJvmFlags = ['-Xms4g', '-Xmx4g', '-XX:+UseG1GC', '-XX:MaxDirectMemorySize=15g'];

/**
 * The best settings `npm run bench -- tune-java` found for a flush mode. Empty: of those measured
 * on 2026-11-24 none beat the shipped ones; README.md beside this has the table and what it lacks.
 */
export const javaTuned: Readonly<Record<Workload['flush'], Properties>> = {
  ASYNC_FLUSH: {},
  SYNC_FLUSH: {},
};

export function ours(): Contender {
  const main = join(projectRoot, 'dist', 'src', 'main', 'mqbroker.js');
  return {
    name: 'turbopump',
    warmUpSeconds: 5,
    settings: {},
    command: async (files) => ({
      command: process.execPath,
      args: [main, '-c', files.brokerProperties],
    }),
  };
}

export function java(name: string, kind: JavaKind, settings: Properties): Contender {
  return {
    name,
    warmUpSeconds: 15,
    settings,
    command: async ({ folder, brokerProperties }) => ({
      command: 'java',
      args: [
        // Of two heap sizes the later counts.
        ...[...JVM_FLAGS, ...(kind === 'tuned' ? tunedJvmFlags : shippedJvmFlags)],
        ...[`-Duser.home=${folder}`, '-cp', await classPath('server-5.3.3')],
        ...['org.apache.rocketmq.broker.BrokerStartup', '-c', brokerProperties],
      ],
    }),
  };
}

/**
 * `name=path`: a program that takes `-c FILE` as mqbroker does. Its own process must be the broker
 * (a script ends with `exec`), since it is its CPU time that is read.
 */
export function other(text: string): Contender {
  const [, name, path] = /^([a-z0-9][a-z0-9.-]{0,31})=(.+)$/.exec(text) ?? [];
  if (name === undefined || path === undefined) {
    throw new BadOption(`--other wants name=path (name of a-z, 0-9, . and -), not ${text}`);
  }
  const program = resolve(path);
  try {
    accessSync(program, constants.X_OK);
  } catch (error) {
    throw new BadOption(`--other ${path} cannot be run: ${String(error)}`);
  }
  if (!statSync(program).isFile()) throw new BadOption(`${path} is no program`);
  return {
    name,
    warmUpSeconds: 15,
    settings: {},
    command: async (files) => ({ command: program, args: ['-c', files.brokerProperties] }),
  };
}

/** In a folder of its own below `parent`, else where temporary ones are. */
export async function start(
  contender: Contender,
  workload: Workload,
  parent?: string,
): Promise<Peer> {
  const settings = { ...shared, flushDiskType: workload.flush, ...contender.settings };
  const files = await writeServerFiles(settings, parent);
  const address = `127.0.0.1:${files.brokerPort}`;
  const launch = {
    ...(await contender.command(files)),
    cwd: files.folder,
    env: { ROCKETMQ_HOME: files.folder, HOME: files.folder },
    limit_ms: bootLimitMs,
  };
  let service: Service | null = null;
  const boot = async (): Promise<number> => {
    const canary = new Canary('BenchBoot');
    const started = performance.now();
    try {
      service = await startUntil(launch, () => answers(canary, address));
      return (performance.now() - started) / 1000;
    } finally {
      await canary.close();
    }
  };
  const pid = (): number => {
    // Never a number that is none: signals are sent to it, and -1 would be everybody.
    if (service === null) throw new Error(`${contender.name} does not run`);
    return service.pid;
  };
  try {
    const bootSeconds = await boot();
    return {
      ...{ name: contender.name, address, folder: files.folder, bootSeconds, pid },
      idleMb: anonymousMb(pid()),
      recover: async () => {
        await service?.kill();
        return boot();
      },
      stop: async () => {
        await service?.stop(stopLimitMs);
        rmSync(files.folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(files.folder, { recursive: true, force: true });
    throw error;
  }
}

/** Whether the broker took a message; one that is starting refuses the connection or the send. */
async function answers(canary: Canary, address: string): Promise<boolean> {
  try {
    await canary.send(address);
    return true;
  } catch {
    // No event of another process tells when it is up: ask again.
    await after(askAgainMs);
    return false;
  }
}

/**
 * What an embedder may import: a whole cluster in this process, for tests of Node programs that
 * use RocketMQ.
 *
 * Invariants: every port is free before it is taken, all of them on 127.0.0.1; all files are in
 * one folder, which `stop` removes when it made it; after `stop` nothing is left of the cluster,
 * no port, file, timer or thread.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from './broker/broker.ts';
import {
  freePort,
  freePortFrom,
  freePortWithFastPort,
  freePortWithFastPortFrom,
} from './config/free-port.ts';
import { brokerSettings, namesrvSettings } from './config/roles.ts';
import type { Settings } from './config/settings.ts';
import { openDataPlane } from './dataplane/native.ts';
import { createLogger, type Logger, silentLogger } from './logging/logger.ts';
import { NameServer } from './namesrv/name-server.ts';

export interface ClusterOptions {
  /** Brokers, each the master of its own broker set; 1 without it. */
  masters?: number;
  /** Name servers, which every broker registers with; 1 without it. */
  nameServers?: number;
  /** RocketMQ's keys for every broker, as in a `.properties` file. */
  brokerProperties?: Readonly<Record<string, string | number | boolean>>;
  /** Where stores and logs go and stay; a temporary folder that `stop` removes without it. */
  folder?: string;
  /** Takes RocketMQ's usual ports, or the next free ones above them, instead of any free ones. */
  usualPorts?: boolean;
  /** Writes `namesrv-1.log`, `broker-a.log`, … into the folder. */
  log?: boolean;
}

export interface Cluster {
  /** Addresses of all name servers, as clients take them: `127.0.0.1:9876;127.0.0.1:9877`. */
  readonly nameServer: string;
  readonly nameServers: readonly string[];
  /** Address of the first broker. */
  readonly broker: string;
  readonly brokers: readonly string[];
  readonly folder: string;
  /** Idempotent; resolves when nothing of the cluster is left. */
  stop(): Promise<void>;
}

/** Small files: a test's store should not cost gigabytes of address space. */
const TEST_STORE = {
  mappedFileSizeCommitLog: 64 * 1024 * 1024,
  maxHashSlotNum: 100_000,
  maxIndexNum: 400_000,
};

const HOST = '127.0.0.1';
const NAME_SERVER_PORT = 9876;
const BROKER_PORT = 10911;

/** Resolves when every broker serves and every name server knows it. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'turbopump-')));
  const stops: (() => Promise<void>)[] = [];
  if (options.folder === undefined) {
    stops.push(() => rm(folder, { recursive: true, force: true }));
  }
  const log = (name: string): Logger =>
    options.log === true ? createLogger(name, folder) : silentLogger();
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= stopInReverse(stops);
    return stopping;
  };
  try {
    const nameServers: string[] = [];
    for (let number = 1; number <= (options.nameServers ?? 1); number++) {
      const port = await (options.usualPorts === true
        ? freePortFrom(HOST, NAME_SERVER_PORT)
        : freePort(HOST));
      nameServers.push(await startNameServer(number, port, { folder, log, stops }));
    }
    const nameServer = nameServers.join(';');
    const brokers: string[] = [];
    for (let number = 0; number < (options.masters ?? 1); number++) {
      brokers.push(await startBroker(number, { folder, nameServer, options, log, stops }));
    }
    return { nameServer, nameServers, broker: brokers[0] ?? '', brokers, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNameServer(
  number: number,
  port: number,
  { folder, log, stops }: Pick<BrokerPlace, 'folder' | 'log' | 'stops'>,
): Promise<string> {
  const name = `namesrv-${number}`;
  const settings = namesrvSettings();
  settings.set('bindAddress', HOST);
  settings.set('listenPort', port);
  settings.set('kvConfigPath', join(folder, name, 'kvConfig.json'));
  const server = new NameServer({ settings, logger: log(name), configFile: null });
  await server.start();
  stops.push(() => server.stop());
  return `${HOST}:${server.port}`;
}

interface BrokerPlace {
  folder: string;
  nameServer: string;
  options: ClusterOptions;
  log: (name: string) => Logger;
  stops: (() => Promise<void>)[];
}

async function startBroker(number: number, place: BrokerPlace): Promise<string> {
  const name = `broker-${String.fromCharCode('a'.charCodeAt(0) + (number % 26))}`;
  const brokerName = number < 26 ? name : `${name}${Math.floor(number / 26)}`;
  const settings = brokerSettings();
  applyAll(settings, {
    ...TEST_STORE,
    bindAddress: HOST,
    brokerIP1: HOST,
    brokerIP2: HOST,
    brokerName,
    listenPort: await (place.options.usualPorts === true
      ? freePortWithFastPortFrom(HOST, BROKER_PORT)
      : freePortWithFastPort(HOST)),
    // The port after it, which was looked for with it.
    haListenPort: 0,
    namesrvAddr: place.nameServer,
    storePathRootDir: join(place.folder, brokerName),
    ...place.options.brokerProperties,
  });
  const broker = await Broker.start({ settings, openDataPlane, log: place.log(brokerName) });
  place.stops.push(() => broker.stop());
  return broker.identity.address;
}

function applyAll(
  settings: Settings,
  values: Readonly<Record<string, string | number | boolean>>,
): void {
  const entries = Object.entries(values);
  const warnings = settings.apply(
    entries.map(([key, value], at) => ({
      key,
      value: String(value),
      line: at + 1,
      lastLine: at + 1,
    })),
    'brokerProperties',
  );
  // In a program an unknown key is a mistake, not a file of another version.
  if (warnings[0] !== undefined) throw new Error(warnings[0]);
}

/** Stops everything even when some part does not stop, and then throws the first reason. */
async function stopInReverse(stops: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of stops.reverse()) {
    await stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

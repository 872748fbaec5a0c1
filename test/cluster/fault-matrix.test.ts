/**
 * Two name servers and the four brokers of conf/2m-2s-sync under load from Java and Go clients:
 * each process in turn is killed, paused and restarted. Sends go on, through the other set where
 * need be; the replicas are equal after each fault; each consumer gets all that was acknowledged.
 *
 * TURBOPUMP_FAULT_ROUNDS is how often each process has each fault, TURBOPUMP_PAUSE_SECONDS the
 * length of a pause, TURBOPUMP_FAULT_PROCESSES which processes (names, separated by commas). All:
 * `TURBOPUMP_FAULT_ROUNDS=6 TURBOPUMP_PAUSE_SECONDS=30`, about 35 minutes; shards by process may
 * run beside each other. Without any of these: a round of two processes.
 */
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { READ_WRITE } from '../../src/model/permission.ts';
import { haveTools, missingForGo, missingForJava } from '../conformance/outside-tools.ts';
import { becomes, Pair } from '../integration/pair.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { LedgerClient } from './ledger-client.ts';

const processNames = [
  'name-server-0',
  'name-server-1',
  'broker-a',
  'broker-a-s',
  'broker-b',
  'broker-b-s',
] as const;
const faults = ['kill', 'pause', 'restart'] as const;
type Fault = (typeof faults)[number];

const rounds = Number(process.env['TURBOPUMP_FAULT_ROUNDS'] ?? 0);
const pauseMs = Number(process.env['TURBOPUMP_PAUSE_SECONDS'] ?? 3) * 1000;
const chosen = process.env['TURBOPUMP_FAULT_PROCESSES']?.split(',');
const topic = 'Matrix';
const topicSettings = {
  ...{ topicName: topic, readQueueNums: 4, writeQueueNums: 4, perm: READ_WRITE },
  ...{ topicSysFlag: 0, order: false, attributes: new Map<string, string>() },
};
const soonMs = 60_000;
const consumedLimitMs = 120_000;
/** A client waits 3 s for an answer, with all its threads, and may meet two mute brokers so. */
const gapLimitMs = 15_000;

interface Step {
  name: string;
  fault: Fault;
}

function steps(): Step[] {
  if (rounds === 0) {
    return [
      { name: 'broker-a', fault: 'kill' },
      { name: 'broker-b-s', fault: 'pause' },
      { name: 'broker-b', fault: 'restart' },
    ];
  }
  const names = processNames.filter((name) => chosen === undefined || chosen.includes(name));
  if (names.length === 0) throw new Error(`no process is called ${chosen?.join()}`);
  const round = names.flatMap((name) => faults.map((fault) => ({ name, fault })));
  return Array.from({ length: rounds }, () => round).flat();
}

class Scene {
  readonly servers: ReadonlyMap<string, Server>;
  readonly producers: LedgerClient[] = [];
  readonly consumers: LedgerClient[] = [];
  readonly #pairs: readonly Pair[];
  readonly #gapsMs = new Map<Fault, number>();

  private constructor(servers: ReadonlyMap<string, Server>, pairs: readonly Pair[]) {
    this.servers = servers;
    this.#pairs = pairs;
  }

  static async start(machine: Machine): Promise<Scene> {
    const nameServers = [await machine.nameServer(), await machine.nameServer()];
    const [first] = nameServers;
    assert.ok(first);
    const settings = { mappedFileSizeCommitLog: 16 * 1024 * 1024, fileReservedTime: 72 };
    const servers = new Map(nameServers.map((each, index) => [`name-server-${index}`, each]));
    const pairs: Pair[] = [];
    const admin = new AdminClient({ nameServers: [first.address] });
    for (const set of ['broker-a', 'broker-b']) {
      const master = await machine.shipped(`2m-2s-sync/${set}`, nameServers, settings);
      const slave = await machine.shipped(`2m-2s-sync/${set}-s`, nameServers, settings);
      servers.set(set, master).set(`${set}-s`, slave);
      pairs.push(new Pair(machine, first, master, slave));
      await admin.topics.update(master.address, topicSettings);
    }
    await admin.close();
    const scene = new Scene(servers, pairs);
    try {
      await scene.#replicasEqual('the start');
      await scene.#startClients(machine.folder, nameServers);
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  async #startClients(home: string, nameServers: readonly Server[]): Promise<void> {
    const both = nameServers.map(({ address }) => address).join(';');
    const of = (does: 'produce' | 'consume', name: string) =>
      ({ does, name, topic, nameServers: both }) as const;
    this.consumers.push(await LedgerClient.java(home, of('consume', 'java')));
    this.consumers.push(await LedgerClient.go(home, of('consume', 'go')));
    this.producers.push(await LedgerClient.java(home, of('produce', 'java')));
    this.producers.push(await LedgerClient.go(home, of('produce', 'go')));
    const clients = [...this.producers, ...this.consumers];
    await Promise.all(clients.map((client) => client.more(1, soonMs)));
    for (const producer of this.producers) producer.takeLongestGapMs();
  }

  /** One fault and what it must not have done. */
  async suffer({ name, fault }: Step): Promise<void> {
    const victim = this.servers.get(name);
    if (victim === undefined) throw new Error(`no server ${name}`);
    await inflict(victim, fault);
    await this.#replicasEqual(`${fault} of ${name}`);
    await Promise.all(this.producers.map((producer) => producer.more(1, gapLimitMs)));
    const gapMs = Math.max(...this.producers.map((producer) => producer.takeLongestGapMs()));
    this.#gapsMs.set(fault, Math.max(gapMs, this.#gapsMs.get(fault) ?? 0));
    console.log(`${fault} of ${name}: longest gap between sends ${gapMs} ms, replicas equal`);
    assert.ok(gapMs < gapLimitMs, `${gapMs} ms without a send: ${fault} of ${name}`);
  }

  async #replicasEqual(after: string): Promise<void> {
    for (const pair of this.#pairs) {
      const sends = async (): Promise<boolean> => (await pair.send('Probe')) === 0;
      await becomes(soonMs, `a send is on both after ${after}`, sends);
      const end = await pair.caughtUp(soonMs);
      assert.is(pair.logHash(pair.slave, end), pair.logHash(pair.master, end), after);
    }
  }

  /** Ends the load; resolves once all that was acknowledged has been consumed by each group. */
  async judge(): Promise<string> {
    await Promise.all(this.producers.map((producer) => producer.stop()));
    const acknowledged = new Set(this.producers.flatMap(({ ids }) => [...ids]));
    for (const consumer of this.consumers) await consumer.all(acknowledged, consumedLimitMs);
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    const gaps = [...this.#gapsMs].map(([fault, gapMs]) => `${fault} ${gapMs} ms`);
    return `${acknowledged.size} acknowledged, lost 0; longest gaps: ${gaps.join(', ')}`;
  }

  async close(): Promise<void> {
    for (const client of [...this.producers, ...this.consumers]) client.kill();
    await Promise.all(this.#pairs.map((pair) => pair.close()));
  }
}

async function inflict(victim: Server, fault: Fault): Promise<void> {
  if (fault === 'pause') {
    await victim.pause();
    await setTimeout(pauseMs);
    victim.goOn();
    return;
  }
  await (fault === 'kill' ? victim.kill() : victim.stop());
  await victim.start();
}

async function matrix(): Promise<void> {
  const machine = new Machine();
  let scene: Scene | null = null;
  try {
    scene = await Scene.start(machine);
    const all = steps();
    for (const step of all) await scene.suffer(step);
    const verdict = await scene.judge();
    console.log(`${all.length} faults, replicas equal ${all.length} of ${all.length}; ${verdict}`);
  } finally {
    await scene?.close();
    await machine.close();
  }
}

const missing = (await missingForJava()) ?? (await missingForGo());
if (await haveTools('fault matrix', missing)) {
  test('faults of each process under load from Java and Go', matrix);
} else {
  test.skip('fault matrix', () => undefined);
}

test.run();

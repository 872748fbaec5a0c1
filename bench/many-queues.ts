/**
 * What many queues cost: two brokers of ours, one with all the topics, one with a single topic of
 * few queues, loaded in turn by one driver.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RemotingClient } from '../src/remoting/client.ts';
import { createRequest } from '../src/remoting/remoting-command.ts';
import { RequestCode } from '../src/remoting/request-code.ts';
import { BrokerLives } from './broker-lives.ts';
import { type LoadReport, measure } from './loadgen.ts';
import { spread, spreadText } from './statistics.ts';

export interface ManyQueuesOptions {
  topics: number;
  queuesPerTopic: number;
  pairs: number;
  seconds: number;
}

interface Shape {
  lives: BrokerLives;
  arguments: (string | number)[];
}

const fewQueues = 16;
const prefix = 'Many';
/** Admin requests under way at once. */
const creators = 16;
const boots = 3;
const warmUpMessages = 1_500_000;
const loadLimitMs = 120_000;
const filesLimitMs = 300_000;

export async function manyQueues(options: ManyQueuesOptions): Promise<void> {
  const { topics, queuesPerTopic, seconds } = options;
  const many = await BrokerLives.open(`${prefix}_0`, {});
  const few = await BrokerLives.open('Few', {});
  try {
    await many.start('turbopump');
    await few.start('turbopump');
    const began = performance.now();
    const names = Array.from({ length: topics }, (_, nth) => `${prefix}_${nth}`);
    await createTopics(many.address, names, queuesPerTopic);
    console.log(`created ${topics} topics in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    // Not left to the first send, which would make a topic of half as many queues.
    await createTopics(few.address, ['Few'], fewQueues);
    const shapes: Shape[] = [
      {
        lives: many,
        arguments: ['--topic', prefix, '--topics', topics, '--queues', queuesPerTopic],
      },
      { lives: few, arguments: ['--topic', 'Few', '--queues', fewQueues] },
    ];
    for (const shape of shapes) await load(shape, ['--count', warmUpMessages]);
    await queueFilesMade(many, topics * queuesPerTopic);
    const reports = await alternate(shapes, options.pairs, seconds);
    const memory = anonymousMb(many.pid);
    const stopped = await boot(many, () => many.stop());
    const idle = anonymousMb(many.pid);
    const killed = await boot(many, () => many.kill());
    print(options, reports);
    console.log(`boot to first SEND_OK after a stop, s: ${stopped}; after kill -9: ${killed}`);
    console.log(`anonymous memory, MB: ${memory} after the load, ${idle} after a boot`);
  } finally {
    await many.close();
    await few.close();
  }
}

async function createTopics(broker: string, names: string[], queues: number): Promise<void> {
  const client = new RemotingClient();
  let next = 0;
  const create = async (): Promise<void> => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      const extFields = {
        topic: name,
        ...{ defaultTopic: 'TBW102', readQueueNums: queues, writeQueueNums: queues, perm: 6 },
        ...{ topicFilterType: 'SINGLE_TAG', topicSysFlag: 0, order: false },
      };
      const request = createRequest(RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields });
      await client.call(broker, request);
    }
  };
  try {
    await Promise.all(Array.from({ length: creators }, create));
  } finally {
    await client.close();
  }
}

/**
 * Making 50,000 files is a cost of the first minute, and a file system that has lately deleted as
 * many takes several: it is over before anything is measured.
 */
async function queueFilesMade(lives: BrokerLives, files: number): Promise<void> {
  const queues = join(lives.folder, 'store', 'consumequeue');
  const until = performance.now() + filesLimitMs;
  const made = (): number =>
    readdirSync(queues, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .length;
  for (let count = made(); count < files; count = made()) {
    if (performance.now() > until) throw new Error(`${count} of ${files} queue files`);
    await delay(1_000);
  }
}

/**
 * Reports of the two shapes, pair by pair, from brokers that have both written the same number of
 * messages before, more than the log keeps in memory behind its tail: until then each page costs a
 * fault in the kernel and perhaps one in the host.
 */
async function alternate(shapes: Shape[], pairs: number, seconds: number): Promise<LoadReport[][]> {
  const time = ['--seconds', seconds, '--warmup-seconds', 1];
  const reports: LoadReport[][] = shapes.map(() => []);
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [0, 1] : [1, 0];
    for (const index of order) {
      const shape = shapes[index];
      if (shape !== undefined) reports[index]?.push(await load(shape, time));
    }
  }
  return reports;
}

async function load(
  { lives, arguments: queues }: Shape,
  length: (string | number)[],
): Promise<LoadReport> {
  const server = ['--server', lives.address, '--server-pid', lives.pid];
  const shape = ['--connections', 4, '--in-flight', 16, '--body-bytes', 1024];
  const report = await measure(['produce', ...server, ...queues, ...shape, ...length], loadLimitMs);
  const refused = JSON.stringify(report.not_ok_by_code ?? {});
  if (refused !== '{}') throw new Error(`${lives.address} refused sends, by code: ${refused}`);
  return report;
}

async function boot(lives: BrokerLives, end: () => Promise<void>): Promise<string> {
  const taken: number[] = [];
  for (let nth = 0; nth < boots; nth++) {
    await end();
    taken.push((await lives.start('turbopump')).firstSendSeconds);
  }
  return spreadText(spread(taken));
}

function anonymousMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1000;
}

function print(options: ManyQueuesOptions, [many = [], few = []]: LoadReport[][]): void {
  const { topics, queuesPerTopic } = options;
  const column = (runs: LoadReport[], of: (run: LoadReport) => number): string =>
    spreadText(spread(runs.map(of)));
  console.log('| queues | msg/s | CPU-s per million | p99 µs |');
  console.log('|---|---|---|---|');
  for (const [queues, runs] of [
    [topics * queuesPerTopic, many],
    [fewQueues, few],
  ] as const) {
    const rate = column(runs, (run) => run.per_second);
    const p99 = column(runs, (run) => run.latency_us.p99);
    console.log(`| ${queues} | ${rate} | ${column(runs, cpuPerMillion)} | ${p99} |`);
  }
  const ratio = (of: (run: LoadReport) => number): string =>
    spreadText(spread(many.map((run, index) => of(run) / of(few[index] ?? run))));
  console.log(`throughput, many / ${fewQueues}, pair by pair: ${ratio((run) => run.per_second)}`);
  console.log(`CPU per message, many / ${fewQueues}, pair by pair: ${ratio(cpuPerMillion)}`);
}

function cpuPerMillion(run: LoadReport): number {
  return run.server?.cpu_seconds_per_million ?? Number.NaN;
}

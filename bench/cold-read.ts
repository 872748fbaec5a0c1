/**
 * A consumer far behind beside a producer: rounds of an open loop of sends alone, and of the same
 * with one consumer that drains a backlog from disk as fast as it is given. The backlog is filled
 * once and taken out of the page cache before each round that reads it.
 */
import { join } from 'node:path';
import { type LoadReport, measure, runLoadgen } from './loadgen.ts';
import { ours, type Peer, start } from './peers.ts';
import { spread, spreadText } from './statistics.ts';
import { chosenWorkloads } from './workloads.ts';

export interface ColdBacklogOptions {
  gib: number;
  rate: number;
  seconds: number;
  pairs: number;
}

/** What a message of `bodyBytes` takes in the log. */
const recordBytes = 1_150;
const bodyBytes = 1_024;
const fillLimitMs = 900_000;
const pauseLimitMs = 60_000;
/** The consumer reads before the sends that are measured begin, and after they end. */
const leadSeconds = 1;

interface Round {
  quiet: LoadReport;
  beside: LoadReport;
  consumer: LoadReport;
}

export async function coldBacklog(options: ColdBacklogOptions): Promise<void> {
  const [asynchronous] = chosenWorkloads('async-64');
  if (asynchronous === undefined) throw new Error('there is no workload async-64');
  const peer = await start(ours(), asynchronous);
  try {
    const count = Math.round((options.gib * 2 ** 30) / recordBytes);
    const fill = ['produce', '--server', peer.address, '--topic', 'Backlog', '--count', count];
    await measure([...fill, '--body-bytes', bodyBytes, '--in-flight', 64], fillLimitMs);
    await produce(peer, options);
    const rounds: Round[] = [];
    for (let pair = 0; pair < options.pairs; pair++) rounds.push(await round(peer, options, pair));
    print(rounds, options);
  } finally {
    await peer.stop();
  }
}

async function round(peer: Peer, options: ColdBacklogOptions, pair: number): Promise<Round> {
  if (pair % 2 === 0) {
    const quiet = await produce(peer, options);
    return { quiet, ...(await produceBeside(peer, options)) };
  }
  const { beside, consumer } = await produceBeside(peer, options);
  return { quiet: await produce(peer, options), beside, consumer };
}

async function produceBeside(
  peer: Peer,
  options: ColdBacklogOptions,
): Promise<{ beside: LoadReport; consumer: LoadReport }> {
  await runLoadgen(['drop-cache', '--folder', join(peer.folder, 'store')], pauseLimitMs);
  const seconds = options.seconds + 2 * leadSeconds + 1;
  const args = ['pull', '--server', peer.address, '--topic', 'Backlog', '--server-pid', peer.pid()];
  const limitMs = seconds * 1000 + pauseLimitMs;
  const [beside, consumer] = await Promise.all([
    produce(peer, options),
    measure([...args, '--passes', 1_000_000, '--seconds', seconds], limitMs),
  ]);
  return { beside, consumer };
}

function produce(peer: Peer, options: ColdBacklogOptions): Promise<LoadReport> {
  const args = ['produce', '--server', peer.address, '--server-pid', peer.pid(), '--topic', 'Live'];
  const shape = ['--rate', options.rate, '--body-bytes', bodyBytes, '--seconds', options.seconds];
  const limitMs = options.seconds * 1000 + pauseLimitMs;
  return measure([...args, ...shape, '--warmup-seconds', leadSeconds], limitMs);
}

function print(rounds: Round[], options: ColdBacklogOptions): void {
  const column = (of: (round: Round) => number): string => spreadText(spread(rounds.map(of)));
  console.log(
    `${options.rate} sends/s of ${bodyBytes} B beside one consumer of a cold backlog of ` +
      `${options.gib} GiB, medians (min-max) of ${rounds.length}`,
  );
  console.log('| producer | sends/s | p50 µs | p99 µs | p999 µs |');
  console.log('|---|---|---|---|---|');
  for (const side of ['quiet', 'beside'] as const) {
    const cells = [
      column((round) => round[side].per_second),
      column((round) => round[side].latency_us.p50),
      column((round) => round[side].latency_us.p99),
      column((round) => round[side].latency_us.p999),
    ];
    console.log(`| ${side} | ${cells.join(' | ')} |`);
  }
  const p99 = (round: Round): number => round.beside.latency_us.p99 / round.quiet.latency_us.p99;
  console.log(`p99 beside / quiet, pair by pair: ${column(p99)}`);
  console.log(`consumer, msg/s: ${column((round) => round.consumer.per_second)}`);
  console.log(`consumer, MB/s of records: ${column(megabytesPerSecond)}`);
}

function megabytesPerSecond({ consumer }: Round): number {
  return (consumer.record_bytes ?? Number.NaN) / consumer.seconds / 1e6;
}

/**
 * `replication`: what a second copy costs. A pair of ours against a pair of Java's, both
 * SYNC_MASTER with `inSyncReplicas=2` (at Java's default of 1 its master waits for nobody), the
 * load given to one and the other in turn; then, of ours alone, how far the slave is behind at
 * 30,000 messages a second (Java's master answers SYSTEM_BUSY at that rate on two cores), and how
 * fast a slave without files gets the master's.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForJava } from '../test/oracle/java.ts';
import type { Properties } from '../test/oracle/properties-text.ts';
import { type LoadReport, measure } from './loadgen.ts';
import { loopbackBytesPerSecond } from './loopback.ts';
import { BrokerPair } from './pairs.ts';
import { type Contender, java, ours } from './peers.ts';
import { readBytesPerSecond, writtenBytesPerSecond } from './sequential.ts';
import { spread, spreadText } from './statistics.ts';

const loadLimitMs = 170_000;
const lagRate = 30_000;
const lagEveryMs = 1;
const catchUpEveryMs = 5;
/** Slaves without files, one after the other. */
const catchUpRounds = 3;
const limitSeconds = 2;

const synchronous: Properties = {
  inSyncReplicas: 2,
  minInSyncReplicas: 1,
  mappedFileSizeCommitLog: 1 << 30,
};

export interface ReplicationOptions {
  parts: readonly ReplicationPart[];
  pairs: number;
  seconds: number;
  /** Files of the log that a wiped slave gets, and their size. */
  files: number;
  fileMib: number;
}

export const replicationParts = ['cost', 'lag', 'catch-up'] as const;
export type ReplicationPart = (typeof replicationParts)[number];

export async function replication(options: ReplicationOptions): Promise<void> {
  const missing = await missingForJava();
  const contenders = missing === undefined ? [ours(), java('java-5.3.3', 'tuned', {})] : [ours()];
  if (missing !== undefined) console.log(`without Java: ${missing}`);
  if (options.parts.includes('cost')) await cost(contenders, options);
  if (options.parts.includes('lag')) await lag(ours(), options);
  if (options.parts.includes('catch-up')) await catchUp(ours(), options);
}

interface CostRun {
  perSecond: number;
  /** Of master and slave together, for a million sends. */
  cpuPerMillion: number;
}

async function cost(contenders: readonly Contender[], options: ReplicationOptions): Promise<void> {
  const pairs: BrokerPair[] = [];
  try {
    for (const contender of contenders) {
      const pair = new BrokerPair(contender, synchronous);
      pairs.push(pair);
      await pair.startMaster('SYNC_MASTER');
      await pair.startSlave();
      await pair.follows();
      await load(pair, 64, contender.warmUpSeconds);
    }
    console.log(
      '| depth | pair | messages/s | CPU-s per million, both brokers |\n|---|---|---|---|',
    );
    for (const depth of [64, 1]) {
      const runs = new Map<string, CostRun[]>(pairs.map((pair) => [pair.name, []]));
      for (let round = 0; round < options.pairs; round++) {
        for (const pair of round % 2 === 0 ? pairs : [...pairs].reverse()) {
          runs.get(pair.name)?.push(await load(pair, depth, options.seconds));
        }
      }
      for (const [name, of] of runs) {
        const speed = spreadText(spread(of.map((run) => run.perSecond)));
        const cpu = spreadText(spread(of.map((run) => run.cpuPerMillion)));
        console.log(`| ${depth} | ${name} | ${speed} | ${cpu} |`);
      }
      ratios(depth, [...runs.values()]);
    }
  } finally {
    for (const pair of pairs) await pair.stop();
  }
}

function ratios(depth: number, [mine, theirs]: CostRun[][]): void {
  if (mine === undefined || theirs === undefined) return;
  const over = (of: (run: CostRun) => number): string =>
    spreadText(spread(mine.map((run, at) => of(run) / of(theirs[at] ?? run))));
  const cells = [over((run) => run.perSecond), over((run) => run.cpuPerMillion)].join(' | ');
  console.log(`| ${depth} | ours over Java's, pair by pair | ${cells} |`);
}

/** Every answer must be SEND_OK: one that was not waited for would cost nothing. */
async function load(pair: BrokerPair, depth: number, seconds: number): Promise<CostRun> {
  const connections = Math.min(depth, 4);
  const shape = ['--connections', connections, '--in-flight', depth / connections];
  const before = pair.cpuSeconds();
  const report = await produce(pair, [...shape, '--seconds', seconds]);
  const cpu = pair.cpuSeconds() - before;
  return { perSecond: report.per_second, cpuPerMillion: (cpu / sent(report)) * 1e6 };
}

async function produce(pair: BrokerPair, shape: (string | number)[]): Promise<LoadReport> {
  const target = ['--server', pair.master, '--topic', 'Bench', '--body-bytes', 1024];
  const report = await measure(['produce', ...target, ...shape], loadLimitMs);
  const others = Object.keys(report.not_ok_by_code ?? {});
  if (others.length > 0) throw new Error(`${pair.name} answered ${others.join(', ')}`);
  return report;
}

function sent(report: LoadReport): number {
  return report.attempted ?? report.messages;
}

async function lag(contender: Contender, options: ReplicationOptions): Promise<void> {
  console.log('\n| pair | lag p50 ms | p99 ms | max ms | samples |\n|---|---|---|---|---|');
  const pair = new BrokerPair(contender, { mappedFileSizeCommitLog: 1 << 30 });
  try {
    await pair.startMaster('ASYNC_MASTER');
    await pair.startSlave();
    await pair.follows();
    const warm = ['--connections', 4, '--in-flight', 16, '--seconds', contender.warmUpSeconds];
    await produce(pair, warm);
    const samples = await sampledLag(pair, options.seconds);
    const at = (share: number): string =>
      (samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? 0).toFixed(2);
    const cells = [at(0.5), at(0.99), at(1), samples.length].join(' | ');
    console.log(`| ${pair.name} | ${cells} |`);
  } finally {
    await pair.stop();
  }
}

/**
 * Milliseconds, sorted: bytes that the slave has not acknowledged over the log's rate. What the
 * acknowledgement takes back to the master is in it, so the slave has everything a little earlier.
 */
async function sampledLag(pair: BrokerPair, seconds: number): Promise<number[]> {
  const from = { ms: performance.now(), end: await pair.logEnd(pair.master) };
  const shape = ['--connections', 4, '--rate', lagRate, '--seconds', seconds];
  let isOver = false;
  const running = produce(pair, shape).finally(() => {
    isOver = true;
  });
  const behind: number[] = [];
  while (!isOver) {
    const { slaves } = await pair.haStatus();
    for (const slave of slaves) behind.push(slave.diff);
    await new Promise((resolve) => setTimeout(resolve, lagEveryMs));
  }
  await running;
  const bytes = (await pair.logEnd(pair.master)) - from.end;
  const bytesPerMs = bytes / (seconds * 1000);
  return behind.map((each) => each / bytesPerMs).sort((a, b) => a - b);
}

async function catchUp(contender: Contender, options: ReplicationOptions): Promise<void> {
  const fileBytes = options.fileMib << 20;
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-limits-'));
  console.log('\n| catch-up of | MB | seconds | MB/s |\n|---|---|---|---|');
  try {
    const rates: number[] = [];
    let read = 0;
    await withFullMaster(contender, fileBytes, options.files, async (pair) => {
      for (let round = 0; round < catchUpRounds; round++) rates.push(await caughtUpRate(pair));
      read = await readBytesPerSecond(pair.masterLog);
    });
    const written = writtenBytesPerSecond(folder, options.files, fileBytes);
    const loopback = await loopbackBytesPerSecond(limitSeconds);
    console.log(
      `disk: ${mb(written)} MB/s written new, ${mb(read)} read; loopback ${mb(loopback)} MB/s`,
    );
    const limit = Math.min(written, read, loopback);
    const share = spreadText(spread(rates.map((rate) => rate / limit)));
    console.log(`${contender.name}: ${share} of the smallest`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withFullMaster(
  contender: Contender,
  fileBytes: number,
  files: number,
  use: (pair: BrokerPair) => Promise<void>,
): Promise<void> {
  const pair = new BrokerPair(contender, { mappedFileSizeCommitLog: fileBytes });
  try {
    await pair.startMaster('ASYNC_MASTER');
    do await produce(pair, ['--connections', 4, '--in-flight', 64, '--seconds', 2]);
    while ((await pair.logEnd(pair.master)) < fileBytes * files);
    await use(pair);
  } finally {
    await pair.stop();
  }
}

/** A new slave's, from the first byte that it has to the last. */
async function caughtUpRate(pair: BrokerPair): Promise<number> {
  const end = await pair.logEnd(pair.master);
  await pair.startSlave();
  try {
    let first: { ms: number; bytes: number } | null = null;
    for (;;) {
      const bytes = await pair.logEnd(pair.slave);
      const ms = performance.now();
      if (bytes > 0) first ??= { ms, bytes };
      if (first !== null && bytes >= end) {
        const taken = end - first.bytes;
        const seconds = (ms - first.ms) / 1000;
        const cells = [mb(taken), seconds.toFixed(2), mb(taken / seconds)].join(' | ');
        console.log(`| ${pair.name} | ${cells} |`);
        return taken / seconds;
      }
      await new Promise((resolve) => setTimeout(resolve, catchUpEveryMs));
    }
  } finally {
    await pair.stopSlave();
  }
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

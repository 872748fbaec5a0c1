/**
 * One workload, several brokers: all alive and warm at the same time, the load given to one and
 * the other in turn, so that what the machine does to one it does to all. A broker that waits for
 * its turn is stopped (SIGSTOP), and a run begins once the device is at rest: what one broker has
 * left to write, or does in its idle time, is not measured with another.
 */
import { join } from 'node:path';
import { RemotingClient } from '../src/remoting/client.ts';
import { createRequest } from '../src/remoting/remoting-command.ts';
import { RequestCode } from '../src/remoting/request-code.ts';
import { deviceAtRest, deviceWork } from './device.ts';
import { type LimitReport, type LoadReport, measure, measureLimit } from './loadgen.ts';
import { type Contender, type Peer, start } from './peers.ts';
import { backlog, type Workload } from './workloads.ts';

const requestLimitMs = 10_000;
const loadLimitMs = 170_000;
const runWarmUpSeconds = 1;
const limitSeconds = 2;
const topic = 'Bench';

/** The log that a run wrote, seen from outside; only of SYNC_FLUSH, and where it can be told. */
export interface Written {
  recordBytes: number;
  /** Bytes a flush of the device made durable. */
  groupBytes: number;
  /** Bytes the device wrote for one of log: zeros ahead, queues, index and journal are in it. */
  deviceBytesPerByte: number;
  /** The device alone at that group size, right after the run. */
  limit: LimitReport;
  /** Log bytes a second of the run over those of the limit. */
  shareOfLimit: number;
}

export interface Run extends LoadReport {
  written?: Written;
}

export interface BrokerResult {
  name: string;
  settings: Readonly<Record<string, string | number | boolean>>;
  bootSeconds: number;
  idleMb: number;
  /** From the start after SIGKILL, with everything the runs stored, to SEND_OK. */
  recoverySeconds: number;
  runs: Run[];
}

export interface WorkloadResult {
  workload: Workload;
  pairs: number;
  seconds: number;
  brokers: BrokerResult[];
}

export interface Length {
  pairs: number;
  seconds: number;
  /** Instead of what each contender needs. */
  warmUpSeconds?: number;
  /** Without a SIGKILL and start at the end; `recoverySeconds` is NaN. */
  noRecovery?: boolean;
}

export async function contest(
  workload: Workload,
  contenders: readonly Contender[],
  length: Length,
): Promise<WorkloadResult> {
  const peers: Peer[] = [];
  const results: BrokerResult[] = [];
  try {
    for (const contender of contenders) {
      const peer = await start(contender, workload);
      peers.push(peer);
      await prepare(peer, workload, length.warmUpSeconds ?? contender.warmUpSeconds);
      const { name, bootSeconds, idleMb } = peer;
      const { settings } = contender;
      results.push({ name, settings, bootSeconds, idleMb, recoverySeconds: Number.NaN, runs: [] });
    }
    const turns = peers.map((peer, index) => ({ peer, result: results[index] }));
    for (let pair = 0; pair < length.pairs; pair++) {
      for (const { peer, result } of pair % 2 === 0 ? turns : [...turns].reverse()) {
        const others = peers.filter((other) => other !== peer);
        const one = () => run(peer, workload, length.seconds);
        result?.runs.push(await whileStopped(others, peer.folder, one));
      }
    }
    for (const { peer, result } of length.noRecovery === true ? [] : turns) {
      if (result !== undefined) result.recoverySeconds = await peer.recover();
    }
    return { workload, pairs: length.pairs, seconds: length.seconds, brokers: results };
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

/** While the others are stopped, and from when the device below the folder is at rest. */
export async function whileStopped<Measured>(
  peers: readonly Peer[],
  folder: string,
  measured: () => Promise<Measured>,
): Promise<Measured> {
  try {
    for (const peer of peers) process.kill(peer.pid(), 'SIGSTOP');
    await deviceAtRest(folder);
    return await measured();
  } finally {
    for (const peer of peers) process.kill(peer.pid(), 'SIGCONT');
  }
}

export async function prepare(
  peer: Peer,
  workload: Workload,
  warmUpSeconds: number,
): Promise<void> {
  if (workload.kind === 'produce') {
    // At full load, whatever the workload's own: a thousand sends a second leave a JVM cold.
    const { rate: _, ...closed } = workload;
    await produce(peer, { ...closed, connections: 4, inFlight: 16 }, warmUpSeconds);
    return;
  }
  const size = ['--count', backlog.messages, '--body-bytes', workload.bodyBytes];
  await measure(['produce', ...target(peer), '--in-flight', 64, ...size], loadLimitMs);
  const until = performance.now() + warmUpSeconds * 1000;
  do await run(peer, workload, 0);
  while (performance.now() < until);
}

export async function run(peer: Peer, workload: Workload, seconds: number): Promise<Run> {
  if (workload.kind === 'pull') {
    const shape = ['--connections', workload.connections, '--batch', backlog.batch];
    const args = ['pull', ...target(peer), ...shape, '--passes', backlog.passes];
    return measure(args, loadLimitMs);
  }
  if (workload.flush === 'ASYNC_FLUSH') return produce(peer, workload, seconds);
  const before = { work: deviceWork(peer.folder), end: await logEnd(peer.address) };
  const report = await produce(peer, workload, seconds);
  const work = deviceWork(peer.folder);
  const bytes = (await logEnd(peer.address)) - before.end;
  if (before.work === null || work === null || !(bytes > 0)) return report;
  const flushes = work.flushes - before.work.flushes;
  if (flushes === 0) return report;
  const deviceBytesPerByte = (work.writtenBytes - before.work.writtenBytes) / bytes;
  const recordBytes = bytes / (report.attempted ?? report.messages);
  const groupBytes = Math.round(bytes / flushes);
  const measureTheLimit = () => syncedWriteLimit(peer.folder, groupBytes, limitSeconds);
  const limit = await whileStopped([peer], peer.folder, measureTheLimit);
  const shareOfLimit = (report.per_second * recordBytes) / limit.bytes_per_second;
  const sizes = { recordBytes, groupBytes, deviceBytesPerByte };
  return { ...report, written: { ...sizes, limit, shareOfLimit } };
}

function produce(peer: Peer, workload: Workload, seconds: number): Promise<LoadReport> {
  const { connections, inFlight, bodyBytes, headers, rate } = workload;
  const args = ['produce', ...target(peer), '--connections', connections];
  args.push('--in-flight', inFlight, '--body-bytes', bodyBytes);
  args.push('--seconds', seconds, '--warmup-seconds', runWarmUpSeconds);
  if (rate !== undefined) args.push('--rate', rate);
  if (headers === 'json') args.push('--json');
  return measure(args, loadLimitMs);
}

function target(peer: Peer): (string | number)[] {
  return ['--server', peer.address, '--server-pid', peer.pid(), '--topic', topic, '--queues', 8];
}

/** One synced write after the other, by one thread, on a file in `folder`. */
export function syncedWriteLimit(
  folder: string,
  blockBytes: number,
  seconds: number,
): Promise<LimitReport> {
  const args = ['--file', join(folder, 'limit'), '--block-bytes', blockBytes];
  return measureLimit(['synced-write-limit', ...args, '--seconds', seconds], loadLimitMs);
}

/** End of a broker's commit log, by the key that `brokerStatus` shows. */
async function logEnd(address: string): Promise<number> {
  const client = new RemotingClient({ requestTimeoutMs: requestLimitMs });
  try {
    const request = createRequest(RequestCode.GET_BROKER_RUNTIME_INFO, {});
    const answer = await client.call(address, request, requestLimitMs);
    const body: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'));
    const { table } = body as { table?: Record<string, string> };
    return Number(table?.['commitLogMaxOffset'] ?? Number.NaN);
  } finally {
    await client.close();
  }
}

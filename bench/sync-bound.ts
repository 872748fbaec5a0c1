/**
 * `sync-bound`: what holds SYNC_FLUSH back at each depth, the device or the processors. The same
 * broker under the same load, in turn on the device and in memory (tmpfs), where a synced write
 * costs its copy and no wait. Two things are out of reach whatever the device: a rate that memory
 * does not reach either, and one that takes more of the processors than a load that waits for
 * nothing gets. And once more on the device with as many bytes in flight in a sixteenth of the
 * messages: what they reach of the limit and small ones do not is the processors' work for each
 * message.
 */
import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { prepare, type Run, run, whileStopped } from './contest.ts';
import { deviceWork } from './device.ts';
import type { LoadReport } from './loadgen.ts';
import { BadOption } from './options.ts';
import { ours, type Peer, start } from './peers.ts';
import { spread, spreadText } from './statistics.ts';
import type { Workload } from './workloads.ts';

export interface SyncBoundOptions {
  workloads: readonly Workload[];
  /** A folder in memory. */
  memory: string;
  pairs: number;
  seconds: number;
  warmUpSeconds?: number;
}

const measured = 'produce SYNC_FLUSH';
/** The part of the synced-write limit that is promised. */
const promised = 0.8;
/** The log has its window in the page cache and the machine's memory is in use by then. */
const usualWarmUpSeconds = 8;
/** With the warm-up, within the three segments that are zeroed before the load, at 1 M sends/s. */
const memorySeconds = 1;
/** A store zeroes two segments ahead only where eight more have room. */
const memoryRoomBytes = 12 * 2 ** 30;
/** `TMPFS_MAGIC` of `linux/magic.h`. */
const tmpfsType = 0x01_02_19_94;
/** How many messages one is made of. */
const merged = 16;
const restMs = 500;
const restLimitMs = 60_000;

/** One run on the device and the one beside it in memory. */
export interface Pair {
  /** Log written over the device's own synced writes of that size. */
  shareOfLimit: number;
  /** Messages a second on the device. */
  device: number;
  /** Messages a second in memory. */
  memory: number;
  /** Share of all processors in use, whoever used them, in the run on the device. */
  deviceBusy: number;
  memoryBusy: number;
  /** As `shareOfLimit`, of as many bytes in flight in fewer and larger messages. */
  shareOfFew: number;
}

export type Bound = 'met' | 'processors' | 'neither shown';

/** In memory, over the rate that the promise asks for on the device. */
export function memoryOverPromised({ shareOfLimit, device, memory }: Pair): number {
  return memory / ((promised / shareOfLimit) * device);
}

/** Processors the promised rate takes, at what a message takes on the device, over memory's. */
export function processorsOverMemory({ shareOfLimit, deviceBusy, memoryBusy }: Pair): number {
  return ((promised / shareOfLimit) * deviceBusy) / memoryBusy;
}

/** Of medians; each of the bounds is enough to keep a broker from what is promised. */
export function boundOf(pairs: readonly Pair[]): Bound {
  const median = (of: (pair: Pair) => number): number => spread(pairs.map(of)).median;
  if (median(({ shareOfLimit }) => shareOfLimit) >= promised) return 'met';
  const isOutOfReach = median(memoryOverPromised) < 1 || median(processorsOverMemory) > 1;
  const isForMessages = median(({ shareOfFew }) => shareOfFew) >= promised;
  return isOutOfReach || isForMessages ? 'processors' : 'neither shown';
}

/** As many bytes in flight over as many connections. */
export function inFewMessages(workload: Workload): Workload {
  const { inFlight, bodyBytes } = workload;
  if (inFlight % merged !== 0) throw new BadOption(`${workload.name} has too few in flight`);
  return { ...workload, inFlight: inFlight / merged, bodyBytes: bodyBytes * merged };
}

export async function syncBound(options: SyncBoundOptions): Promise<void> {
  mustBeMemory(options.memory);
  if (deviceWork(tmpdir()) === null) throw new BadOption(`${tmpdir()} is on no device`);
  const other = options.workloads.find(({ kind, flush }) => `${kind} ${flush}` !== measured);
  if (other !== undefined) throw new BadOption(`${other.name} is no load of synced sends`);
  // Refused before the first minute of load.
  options.workloads.forEach(inFewMessages);
  console.log(`medians (least-most) of ${options.pairs} alternated pairs`);
  const columns = ['load', 'share of the limit', 'rate in memory / on the device'];
  columns.push(`rate in memory / at ${promised} of the limit`);
  columns.push(`processors for ${promised} of the limit / in use in memory`);
  columns.push(`share of the limit in ${merged} times larger messages`);
  columns.push('processors in use, device', 'processors in use, memory', `${promised}`);
  console.log(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}`);
  // Each as it comes: a series takes minutes, and what it has measured must outlive it.
  for (const workload of options.workloads) console.log(await row(workload, options));
}

async function row(workload: Workload, options: SyncBoundOptions): Promise<string> {
  const peer = await start(ours(), workload);
  const [devices, few, memories]: [Run[], Run[], LoadReport[]] = [[], [], []];
  const onDevice = async (): Promise<void> => {
    devices.push(await run(peer, workload, options.seconds));
  };
  const inFew = async (): Promise<void> => {
    few.push(await run(peer, inFewMessages(workload), options.seconds));
  };
  const inMemory = async (): Promise<void> => {
    const one = () => runInMemory(workload, options.memory);
    memories.push(await whileStopped([peer], peer.folder, one));
  };
  try {
    await prepare(peer, workload, options.warmUpSeconds ?? usualWarmUpSeconds);
    for (let pair = 0; pair < options.pairs; pair++) {
      const atRest = [onDevice, inFew].map((one) => () => whileStopped([], peer.folder, one));
      const turns = [...atRest, inMemory];
      for (const turn of pair % 2 === 0 ? turns : turns.reverse()) await turn();
    }
  } finally {
    await peer.stop();
  }
  return line(workload, devices, few, memories);
}

function line(
  workload: Workload,
  devices: readonly Run[],
  few: readonly Run[],
  memories: readonly LoadReport[],
): string {
  const pairs = devices.map((device, nth): Pair => {
    const shareOfLimit = device.written?.shareOfLimit;
    const shareOfFew = few[nth]?.written?.shareOfLimit;
    if (shareOfLimit === undefined || shareOfFew === undefined) {
      throw new Error('a run on the device flushed nothing');
    }
    const memory = memories[nth];
    if (memory === undefined) throw new Error('a run on the device has none beside it');
    return {
      ...{ shareOfLimit, shareOfFew, device: device.per_second, memory: memory.per_second },
      ...{ deviceBusy: device.machine_busy_share, memoryBusy: memory.machine_busy_share },
    };
  });
  const text = (of: (pair: Pair) => number): string => spreadText(spread(pairs.map(of)));
  const cells = [
    text(({ shareOfLimit }) => shareOfLimit),
    text(({ device, memory }) => memory / device),
    text(memoryOverPromised),
    text(processorsOverMemory),
    text(({ shareOfFew }) => shareOfFew),
    text(({ deviceBusy }) => deviceBusy),
    text(({ memoryBusy }) => memoryBusy),
  ];
  return `| ${workload.name} | ${cells.join(' | ')} | ${boundOf(pairs)} |`;
}

/** A broker of its own for each run: only its first segments are zeroed before the load. */
async function runInMemory(workload: Workload, folder: string): Promise<LoadReport> {
  const peer = await start(ours(), workload, folder);
  try {
    await zeroed(peer);
    return await run(peer, workload, memorySeconds);
  } finally {
    await peer.stop();
  }
}

/** Resolves once the log's files take no more memory: the zeros ahead are written. */
async function zeroed(peer: Peer): Promise<void> {
  const log = join(peer.folder, 'store', 'commitlog');
  const blocks = (): number =>
    readdirSync(log).reduce((sum, name) => sum + statSync(join(log, name)).blocks, 0);
  const until = performance.now() + restLimitMs;
  let before = -1;
  for (let now = blocks(); now !== before; now = blocks()) {
    if (performance.now() > until) throw new Error(`${log} grows without a load`);
    before = now;
    // tmpfs tells nobody of what is written to it.
    await after(restMs);
  }
}

function mustBeMemory(folder: string): void {
  if (!existsSync(folder)) throw new BadOption(`--memory ${folder} does not exist`);
  const { type, bavail, bsize } = statfsSync(folder);
  if (type !== tmpfsType) throw new BadOption(`--memory ${folder} is no tmpfs`);
  if (bavail * bsize < memoryRoomBytes) {
    throw new BadOption(`--memory ${folder} has no room for ${memoryRoomBytes} bytes`);
  }
}

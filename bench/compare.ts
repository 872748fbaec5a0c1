/**
 * Ours against Java RocketMQ 5.3.3: both running and warm, one driver, the load given to one and
 * the other in turn, so that what the machine does to one it does to both.
 */
import { type LoadReport, measure } from './loadgen.ts';
import { type Peer, startJava, startOurs } from './peers.ts';
import { spread, spreadText } from './statistics.ts';

export interface CompareOptions {
  pairs: number;
  seconds: number;
  warmUpSeconds: number;
  connections: number;
  inFlight: number;
  bodyBytes: number;
  flushDiskType: string;
}

const pauseLimitMs = 120_000;

export async function compare(options: CompareOptions): Promise<void> {
  const flush = { flushDiskType: options.flushDiskType };
  const peers: Peer[] = [];
  try {
    peers.push(await startOurs(flush), await startJava(flush));
    for (const peer of peers) await load(peer, options, options.warmUpSeconds);
    const reports = new Map<Peer, LoadReport[]>(peers.map((peer) => [peer, []]));
    for (let pair = 0; pair < options.pairs; pair++) {
      for (const peer of pair % 2 === 0 ? peers : [...peers].reverse()) {
        reports.get(peer)?.push(await load(peer, options, options.seconds));
      }
    }
    print(peers, reports, options);
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

function load(peer: Peer, options: CompareOptions, seconds: number): Promise<LoadReport> {
  const args = ['produce', '--server', peer.address, '--server-pid', peer.pid, '--topic', 'Bench'];
  const shape = ['--connections', options.connections, '--in-flight', options.inFlight];
  const size = ['--body-bytes', options.bodyBytes, '--seconds', seconds, '--warmup-seconds', 1];
  return measure([...args, ...shape, ...size], seconds * 1000 + pauseLimitMs);
}

function print(
  peers: Peer[],
  reports: ReadonlyMap<Peer, LoadReport[]>,
  options: CompareOptions,
): void {
  const { connections, inFlight, bodyBytes, flushDiskType } = options;
  console.log(
    `produce, ${flushDiskType}, ${bodyBytes} B bodies, binary headers, ` +
      `${connections} connections × ${inFlight} in flight, medians (min-max) of ${options.pairs}`,
  );
  console.log(
    '| broker | msg/s | CPU-s per million | p50 µs | p99 µs | driver CPU-s/s | anon MB |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const peer of peers) {
    const runs = reports.get(peer) ?? [];
    const column = (of: (run: LoadReport) => number): string => spreadText(spread(runs.map(of)));
    const cells = [
      column((run) => run.per_second),
      column(cpuPerMillion),
      column((run) => run.latency_us.p50),
      column((run) => run.latency_us.p99),
      column((run) => run.driver_cpu_seconds / run.seconds),
      column((run) => run.server?.anonymous_mb ?? Number.NaN),
    ];
    console.log(`| ${peer.name} | ${cells.join(' | ')} |`);
  }
  const [ours = [], java = []] = peers.map((peer) => reports.get(peer));
  const ratio = (of: (run: LoadReport) => number): string =>
    spreadText(spread(ours.map((run, index) => of(run) / of(java[index] ?? run))));
  console.log(`CPU per message, ours / Java, pair by pair: ${ratio(cpuPerMillion)}`);
  console.log(`throughput, ours / Java, pair by pair: ${ratio((run) => run.per_second)}`);
}

function cpuPerMillion(run: LoadReport): number {
  return run.server?.cpu_seconds_per_million ?? Number.NaN;
}

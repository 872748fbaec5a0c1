/**
 * From kill -9 under full load to the first SEND_OK, at growing sizes of one store.
 *
 * Java's rounds run on the same store at the same size: it is handed over by clean stops, which
 * both brokers' formats allow, because filling it with Java would take the better part of an hour.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type BrokerKind, BrokerLives } from './broker-lives.ts';
import { runLoadgen } from './loadgen.ts';
import { spread, spreadText } from './statistics.ts';

export interface RecoveryOptions {
  sizesGib: number[];
  rounds: number;
  flushDiskType: string;
  java: boolean;
}

interface Round {
  seconds: number;
  logGib: number;
  /** Of the broker's own line; none of Java's. */
  report: RecoveryLine | null;
}

interface RecoveryLine {
  maxPhysicalOffset: number;
  scannedBytes: number;
  cutBytes: number;
  dispatchedRecords: number;
  elapsedMs: number;
}

const gib = 2 ** 30;
const mib = 2 ** 20;
const topic = 'Bench';
/** Written between two kills: several times what a checkpoint leaves uncovered. */
const loadBytes = { turbopump: 384 * mib, java: 96 * mib };
const fillLimitMs = 1_800_000;
const lookEveryMs = 20;

export async function recovery(options: RecoveryOptions): Promise<void> {
  const kinds: BrokerKind[] = options.java ? ['turbopump', 'java'] : ['turbopump'];
  const lives = await BrokerLives.open(topic, { flushDiskType: options.flushDiskType });
  const table: { kind: BrokerKind; size: number; rounds: Round[] }[] = [];
  try {
    await lives.start('turbopump');
    for (const size of options.sizesGib) {
      for (const kind of kinds) {
        if (kind === 'java') await handOver(lives, kind);
        const rounds: Round[] = [];
        for (let round = 0; round < options.rounds; round++) {
          const grown = (await lives.logBytes()) + loadBytes[kind];
          await loadUntilAndKill(lives, Math.max(grown, size * gib));
          rounds.push(await restart(lives, kind));
        }
        table.push({ kind, size, rounds });
        if (kind === 'java') await handOver(lives, 'turbopump');
      }
    }
  } finally {
    await lives.close();
  }
  console.log(
    `kill -9 under load to the first SEND_OK, ${options.flushDiskType}, 1 KiB bodies, ` +
      `medians (min-max) of ${options.rounds}`,
  );
  console.log(
    '| broker | size GiB | log GiB | first SEND_OK s | open ms | read MiB | cut B | rebuilt |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { kind, size, rounds } of table) console.log(row(kind, size, rounds));
  for (const kind of kinds) printRatio(table.filter((line) => line.kind === kind));
}

async function handOver(lives: BrokerLives, kind: BrokerKind): Promise<void> {
  await lives.stop();
  await lives.start(kind);
}

/** Sends at full speed until the log holds so much, and kills the broker in the midst of it. */
async function loadUntilAndKill(lives: BrokerLives, bytes: number): Promise<void> {
  const shape = ['--topic', topic, '--connections', 4, '--in-flight', 32, '--body-bytes', 1024];
  const end = ['--seconds', fillLimitMs / 1000];
  let early: unknown = null;
  // Losing its broker is how the load ends; ending before that is a failure.
  const load = runLoadgen(
    ['produce', '--server', lives.address, ...shape, ...end],
    fillLimitMs + lookEveryMs,
  ).then(
    () => {
      early = new Error('the load ended by itself');
    },
    (error: unknown) => {
      early = error;
    },
  );
  while ((await lives.logBytes()) < bytes) {
    if (early !== null) throw early;
    await delay(lookEveryMs);
  }
  if (early !== null) throw early;
  await lives.kill();
  await load;
}

async function restart(lives: BrokerLives, kind: BrokerKind): Promise<Round> {
  const start = await lives.start(kind);
  return {
    seconds: start.firstSendSeconds,
    logGib: (await lives.logBytes()) / gib,
    report: kind === 'java' ? null : recoveryLine(start.output),
  };
}

function recoveryLine(output: string): RecoveryLine {
  for (const line of output.split('\n')) {
    if (!line.includes('"recovery"')) continue;
    return (JSON.parse(line) as { recovery: RecoveryLine }).recovery;
  }
  throw new Error(`no recovery line in: ${output}`);
}

function row(kind: BrokerKind, size: number, rounds: Round[]): string {
  const column = (of: (round: Round) => number): string => spreadText(spread(rounds.map(of)));
  const said = (of: (line: RecoveryLine) => number): string =>
    kind === 'java' ? '-' : column(({ report }) => (report === null ? Number.NaN : of(report)));
  const cells = [
    column((round) => round.logGib),
    column((round) => round.seconds),
    said((line) => line.elapsedMs),
    said((line) => line.scannedBytes / mib),
    said((line) => line.cutBytes),
    said((line) => line.dispatchedRecords),
  ];
  return `| ${kind} | ${size} | ${cells.join(' | ')} |`;
}

function printRatio(lines: { kind: BrokerKind; rounds: Round[] }[]): void {
  const medians = lines.map(({ rounds }) => spread(rounds.map((round) => round.seconds)).median);
  const [smallest = Number.NaN] = medians;
  const largest = medians.at(-1) ?? Number.NaN;
  const ratio = (largest / smallest).toFixed(2);
  console.log(`${lines[0]?.kind}: largest store / smallest store: ${ratio}`);
}

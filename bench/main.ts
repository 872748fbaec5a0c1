/** `npm run bench -- <command>`; see README.md beside this file. */
import { parseArgs } from 'node:util';
import { adminScale } from './admin-scale.ts';
import { coldBacklog } from './cold-read.ts';
import { compare } from './compare.ts';
import { footprint } from './footprint.ts';
import { limits } from './limits.ts';
import { buildLoadgen, runLoadgen } from './loadgen.ts';
import { machineFacts } from './machine.ts';
import { manyQueues } from './many-queues.ts';
import { BadOption, count, oneOf, seconds } from './options.ts';
import { recovery } from './recovery.ts';
import { replication, replicationParts } from './replication.ts';
import { readResults, writeResults } from './results.ts';
import { syncBound } from './sync-bound.ts';
import { tuneJava } from './tune-java.ts';
import { chosenWorkloads } from './workloads.ts';

const syncDepths = 'sync-64,sync-128,sync-256,sync-512,sync-1024';

const known = {
  allowPositionals: true,
  options: {
    workloads: { type: 'string' },
    java: { type: 'string', default: 'tuned' },
    other: { type: 'string', multiple: true, default: [] as string[] },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    'warm-up-seconds': { type: 'string' },
    dry: { type: 'boolean', default: false },
    candidates: { type: 'string', default: 'all' },
    from: { type: 'string', default: '' },
    messages: { type: 'string', default: '5000000' },
    'sizes-gib': { type: 'string', default: '1,10,20' },
    rounds: { type: 'string', default: '3' },
    flush: { type: 'string', default: 'ASYNC_FLUSH' },
    parts: { type: 'string', default: replicationParts.join(',') },
    files: { type: 'string', default: '20' },
    'file-mib': { type: 'string', default: '128' },
    'with-java': { type: 'boolean', default: false },
    topics: { type: 'string' },
    'queues-per-topic': { type: 'string', default: '10' },
    groups: { type: 'string', default: '2000' },
    gib: { type: 'string', default: '8' },
    rate: { type: 'string', default: '20000' },
    memory: { type: 'string', default: '/dev/shm' },
  },
} as const;

const { values, positionals } = parsed();

/** An unknown option is the caller's mistake and is told in one line. */
function parsed(): ReturnType<typeof parseArgs<typeof known>> {
  try {
    return parseArgs(known);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

function length() {
  const warmUp = values['warm-up-seconds'];
  return {
    pairs: count('--pairs', values.pairs),
    seconds: seconds('--seconds', values.seconds),
    ...(warmUp === undefined ? {} : { warmUpSeconds: seconds('--warm-up-seconds', warmUp) }),
  };
}

const commands: Record<string, () => Promise<void>> = {
  compare: () =>
    compare({
      ...length(),
      workloads: chosenWorkloads(values.workloads ?? 'async-64'),
      java: oneOf('--java', values.java, ['tuned', 'default', 'both'] as const),
      others: values.other,
      dry: values.dry,
    }),
  'tune-java': () =>
    tuneJava(chosenWorkloads(values.workloads ?? 'async-64'), values.candidates, length()),
  limits: () => limits(count('--pairs', values.pairs), seconds('--seconds', values.seconds)),
  report: async () => console.log(writeResults(readResults(values.from.split(',')))),
  'cold-backlog': () =>
    coldBacklog({
      ...length(),
      gib: count('--gib', values.gib),
      rate: count('--rate', values.rate),
    }),
  'sync-bound': () =>
    syncBound({
      ...length(),
      workloads: chosenWorkloads(values.workloads ?? syncDepths),
      memory: values.memory,
    }),
  footprint: () => footprint(count('--messages', values.messages)),
  'many-queues': () =>
    manyQueues({
      ...length(),
      topics: count('--topics', values.topics ?? '5000'),
      queuesPerTopic: count('--queues-per-topic', values['queues-per-topic']),
    }),
  recovery: () =>
    recovery({
      sizesGib: values['sizes-gib'].split(',').map((size) => count('--sizes-gib', size)),
      rounds: count('--rounds', values.rounds),
      flushDiskType: oneOf('--flush', values.flush, ['ASYNC_FLUSH', 'SYNC_FLUSH'] as const),
      java: values['with-java'],
    }),
  replication: () =>
    replication({
      ...length(),
      parts: values.parts.split(',').map((part) => oneOf('--parts', part, replicationParts)),
      files: count('--files', values.files),
      fileMib: count('--file-mib', values['file-mib']),
    }),
  'admin-scale': () =>
    adminScale({
      topics: values.topics === undefined ? 20_000 : count('--topics', values.topics),
      groups: count('--groups', values.groups),
    }),
  'echo-limit': async () => console.log(await runLoadgen(['echo-limit'], 600_000)),
};

try {
  await main();
} catch (error) {
  if (!(error instanceof BadOption)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const [name = 'compare'] = positionals;
  const command = commands[name];
  if (command === undefined) {
    throw new BadOption(`usage: npm run bench -- ${Object.keys(commands).join(' | ')}`);
  }
  console.log(machineFacts());
  if (!['report', 'admin-scale'].includes(name)) await buildLoadgen();
  await command();
}

/**
 * Administration of a large broker: topics created one by one over one connection, then what the
 * commands that list them cost, each as a process of its own.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { AdminClient, type TopicAdmin } from '../src/admin/index.ts';
import { subscriptionGroup } from '../src/model/subscription-group.ts';
import { Machine } from '../test/integration/servers.ts';
import { projectRoot } from '../test/oracle/project-folders.ts';

export interface Scale {
  topics: number;
  groups: number;
}

const commandLines = [
  ['topicList'],
  ['topicList', '-c'],
  ['clusterList', '-m'],
  ['consumerProgress'],
  ['statsAll'],
  ['brokerStatus', '-c', 'DefaultCluster'],
];
/** Tells what Node counted itself, as the last line of the error stream. */
const rssReport = `data:text/javascript,process.on('exit',()=>process.stderr.write(
'\\nmaxrss '+process.resourceUsage().maxRSS))`
  .replace(/\s/g, ' ')
  .replaceAll(' ', '%20');

export async function adminScale({ topics, groups }: Scale): Promise<void> {
  const machine = new Machine();
  try {
    const nameServer = await machine.nameServer();
    const broker = await machine.broker([nameServer]);
    const admin = new AdminClient({ nameServers: [nameServer.address] });
    const names = Array.from({ length: topics }, (_, index) => `Scale${index}`);
    await timed(`${topics} topics one by one`, async () => {
      for (const name of names) await createTopic(admin.topics, broker.address, name);
    });
    await timed(`${topics} topics changed, 32 at a time`, () =>
      inParallel(32, names, (name) => createTopic(admin.topics, broker.address, name, 5)),
    );
    const routed = new Set(await admin.topics.all());
    const missing = names.filter((name) => !routed.has(name));
    if (missing.length > 0) throw new Error(`${missing.length} topics have no route`);
    const groupNames = Array.from({ length: groups }, (_, index) => `ScaleGroup${index}`);
    await timed(`${groups} groups`, () => makeGroups(admin, broker.address, groupNames));
    await admin.close();
    for (const line of commandLines) await measureCommand(line, nameServer.address);
    await timed('broker stopped', () => broker.stop());
    await timed('broker started', () => broker.start());
  } finally {
    await machine.close();
  }
}

function createTopic(
  topics: TopicAdmin,
  broker: string,
  topicName: string,
  queueNums = 4,
): Promise<void> {
  return topics.update(broker, {
    topicName,
    readQueueNums: queueNums,
    writeQueueNums: queueNums,
    perm: 6,
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
  });
}

/** Groups as consumers leave them: settings, a retry topic and an offset on a topic. */
async function makeGroups(admin: AdminClient, broker: string, groups: readonly string[]) {
  await inParallel(32, groups, (group) =>
    admin.groups.update(broker, { ...subscriptionGroup(group), groupRetryPolicy: null }),
  );
  await inParallel(32, groups, async (group, index) => {
    await createTopic(admin.topics, broker, `%RETRY%${group}`, 1);
    const queue = { topic: `Scale${index}`, brokerName: '', queueId: 0 };
    await admin.offsets.update(broker, group, queue, 0);
  });
}

async function inParallel<T>(
  lanes: number,
  items: readonly T[],
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) await act(item, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function timed(what: string, act: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await act();
  console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(2)} s`);
}

async function measureCommand(line: readonly string[], nameServer: string): Promise<void> {
  const script = join(projectRoot, 'dist', 'src', 'main', 'mqadmin.js');
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', rssReport, script, ...line, '-n', nameServer],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let lines = 0;
  let errors = '';
  child.stdout.on('data', (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 10) lines++;
  });
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const seconds = (performance.now() - began) / 1000;
  const kilobytes = Number(/maxrss (\d+)$/.exec(errors)?.[1]);
  const failed = code === 0 ? '' : `, exit code ${code}: ${errors.slice(0, 200)}`;
  console.log(
    `mqadmin ${line.join(' ')}: ${seconds.toFixed(2)} s, ${(kilobytes / 1024).toFixed(0)} MiB, ` +
      `${lines} lines${failed}`,
  );
}

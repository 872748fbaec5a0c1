/**
 * Every command of mqadmin while some brokers are dead or unreachable beside one that lives, while
 * its only broker is paused, while it is dead, and while no name server is there: none hangs, each
 * failure is a cause in plain words and exit code 1, and what others answer is printed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { registerRequest } from '../../src/broker/outer/register-request.ts';
import { runProgram } from '../../src/cli/program.ts';
import { freePort } from '../../src/config/free-port.ts';
import { topicConfig } from '../../src/model/topic-config.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { changes, questions } from '../conformance/mqadmin-script.ts';
import { beforeAll } from '../runner/before-all.ts';
import { Machine, type Server } from './servers.ts';

/** Three times a request's timeout, for commands that walk queues, and a crowded machine. */
const LIMIT_MS = 30_000;
const DEAD_OFFSET_ID = '7F00000100002A9F0000000000000000';
/** Of a network for documentation: nobody answers, or the system knows no way there. */
const NOWHERE = '192.0.2.1:10911';
const UNIQUE_ID = '7F000001000018B4AAC216E5E6E20000';

const absent = suite('mqadmin without brokers');
const lines = [...questions, ...changes].map(({ argv }) =>
  // Without the option it waits 50 s, as RocketMQ's.
  argv[0] === 'brokerConsumeStats' ? [...argv, '-t', '5000'] : argv,
);
let machine: Machine;
let nameServer: Server;
let broker: Server;

interface Ended {
  line: string;
  code: number;
  out: string;
  error: string;
  tookMs: number;
}

beforeAll(absent, async () => {
  machine = new Machine();
  nameServer = await machine.nameServer();
  broker = await machine.broker([nameServer], { brokerName: 'broker-a' });
  const folder = join(machine.folder, 'exports');
  mkdirSync(folder);
  writeFileSync(join(folder, 'topics.json'), '[{"topicName":"ChangedListed"}]');
  writeFileSync(join(folder, 'groups.json'), '[{"groupName":"ChangedListed"}]');
  const topic = ['updateTopic', '-c', 'DefaultCluster', '-t', 'FixedTopic'];
  assert.is((await mqadmin(topic, nameServer.address)).code, 0);
});
absent.after(() => machine?.close());

async function mqadmin(words: readonly string[], nameServers: string): Promise<Ended> {
  const out: string[] = [];
  const error: string[] = [];
  const line = words.join(' ');
  const argv = words.map((word) =>
    word
      .replace('<broker>', broker.address)
      .replace('<offsetId>', DEAD_OFFSET_ID)
      .replace('<uniqueId>', UNIQUE_ID)
      .replace('<folder>', join(machine.folder, 'exports')),
  );
  const began = performance.now();
  const code = await runProgram(argv, {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    nameServerVariable: nameServers,
  });
  const tookMs = performance.now() - began;
  const texts = { out: out.join('\n'), error: error.join('\n') };
  return { line, code, ...texts, tookMs };
}

/** All at once: each waits for its timeouts alone. */
async function all(nameServers: string): Promise<Ended[]> {
  return await Promise.all(lines.map((words) => mqadmin(words, nameServers)));
}

function check(ended: Ended[]): void {
  for (const each of ended) {
    const told = JSON.stringify(each, null, 2);
    assert.ok(each.tookMs < LIMIT_MS, told);
    assert.ok(each.code === 0 || each.code === 1, told);
    assert.is(each.code === 0, each.error === '', `exit code and cause: ${told}`);
    assert.not.match(`${each.out}\n${each.error}`, /^ +at |\[object |undefined/m, told);
  }
}

function named(ended: Ended[], line: string): Ended {
  const found = ended.find((each) => each.line === line);
  if (found === undefined) throw new Error(`${line} was not run`);
  return found;
}

/** Brokers in the name server's tables, and in the route of FixedTopic, that nobody can reach. */
async function registerGhosts(addresses: readonly string[]): Promise<RemotingClient> {
  const client = new RemotingClient();
  // One topic alone would be an addition, which a stranger cannot make.
  const topics = ['FixedTopic', 'GhostTopic'].map((topic) => topicConfig(topic));
  const dataVersion = { stateVersion: 0, timestamp: Date.now(), counter: 1 };
  for (const [index, address] of addresses.entries()) {
    const identity = {
      ...{ clusterName: 'DefaultCluster', brokerName: `ghost-${index}`, brokerId: 0 },
      ...{ address, haAddress: address },
    };
    const request = registerRequest(identity, { topics, dataVersion, isPart: false }, 6);
    await client.call(nameServer.address, request);
  }
  return client;
}

absent('brokers dead and unreachable beside one that lives', async () => {
  const ghosts = [`127.0.0.1:${await freePort('127.0.0.1')}`, NOWHERE];
  const client = await registerGhosts(ghosts);
  try {
    const ended = await all(nameServer.address);
    check(ended);
    const list = named(ended, 'clusterList');
    assert.is(list.code, 1);
    assert.match(list.out, new RegExp(`${broker.address} +V5_3_3 `), 'the living one’s figures');
    for (const ghost of ghosts) {
      assert.match(list.out, new RegExp(`${ghost} `), 'their lines');
      assert.match(list.error, ghost);
    }
    const status = named(ended, 'topicStatus -t FixedTopic');
    assert.is(status.code, 1);
    assert.match(status.out, /^broker-a +3 /m, 'the living one’s queues');
    assert.is(named(ended, 'haStatus -b <broker>').code, 0);
  } finally {
    // The name server forgets them with the connection that told of them.
    await client.close();
  }
});

absent('a paused broker', async () => {
  await broker.pause();
  try {
    const ended = await all(nameServer.address);
    check(ended);
    const list = named(ended, 'clusterList');
    assert.is(list.code, 1);
    assert.match(list.out, broker.address, 'its line is printed all the same');
    assert.match(list.error, broker.address, 'and the cause names it');
    assert.is(named(ended, 'topicList').code, 0, 'a name server alone answers this');
  } finally {
    broker.goOn();
  }
});

absent('no name server', async () => {
  const nobody = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const ended = await all(nobody);
  check(ended);
  for (const line of ['clusterList', 'topicList', 'consumerProgress']) {
    assert.match(named(ended, line).error, nobody);
  }
});

absent('a dead broker', async () => {
  await broker.kill();
  const ended = await all(nameServer.address);
  check(ended);
  assert.is(named(ended, 'producer -b <broker>').code, 1);
});

absent.run();

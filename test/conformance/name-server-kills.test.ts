/**
 * The official Java client at work while either of two name servers is killed, stopped and
 * started again, over and over: it notices nothing.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { Canary } from '../integration/canary.ts';
import { Machine, type Server } from '../integration/servers.ts';
import { runToEnd } from '../oracle/child-process.ts';
import { driverLines } from './driver-line.ts';
import { javaDriver } from './java-client.ts';
import { haveTools, missingForJava } from './outside-tools.ts';

const scenarioName = 'mixed10k';
const messagesBefore = 200;
const runLimitMs = 240_000;
const outputShownChars = 4000;

const test = suite('name servers under load');

/**
 * Resolves when the client sends. What it does before are single questions to one name server,
 * without another try when that one is gone: RocketMQ's own client fails them in the same way.
 */
async function trafficBegins(nameServer: Server): Promise<void> {
  const admin = new AdminClient({ nameServers: [nameServer.address] });
  const known = new Set(await admin.topics.all());
  for (let sent = 0; sent < messagesBefore; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const topics = await admin.topics.all();
    const topic = topics.find((each) => !known.has(each) && !each.includes('%'));
    if (topic === undefined) continue;
    const { queues } = await admin.topics.stats(topic);
    sent = queues.reduce((sum, { maxOffset }) => sum + maxOffset, 0);
  }
  await admin.close();
}

/**
 * Ends one name server after the other, by SIGKILL and SIGTERM in turn, each once the one before
 * routes again; resolves to how often.
 */
async function disturb(
  nameServers: Server[],
  broker: Server,
  isOver: () => boolean,
): Promise<number> {
  const canary = new Canary('TBW102');
  let ended = 0;
  while (!isOver()) {
    const victim = nameServers[ended % nameServers.length];
    if (victim === undefined) throw new Error('no name server');
    await (ended % 4 < 2 ? victim.kill() : victim.stop());
    ended += 1;
    await victim.start();
    await canary.routeBecomes(victim.address, [broker.address], 5000);
  }
  await canary.close();
  return ended;
}

const isLeftOut = !(await haveTools('Java client 5.3.3', await missingForJava()));
const scenario = isLeftOut ? test.skip : test;

scenario('a Java client sends and consumes on while name servers come and go', async () => {
  const machine = new Machine();
  try {
    const nameServers = [await machine.nameServer(), await machine.nameServer()];
    const broker = await machine.broker(nameServers, { waitTimeMillsInSendQueue: 10_000 });
    const both = nameServers.map(({ address }) => address).join(';');
    const args = [...(await javaDriver('client-5.3.3', machine.folder)), both, scenarioName];
    let isOver = false;
    const [first] = nameServers;
    assert.ok(first);
    const begun = trafficBegins(first);
    const run = runToEnd({ command: 'java', args, limit_ms: runLimitMs }).finally(() => {
      isOver = true;
    });
    await begun;
    const ended = await disturb(nameServers, broker, () => isOver);
    const { stdout, stderr } = await run;
    const report = driverLines(stdout).get(scenarioName);
    const shown = `${JSON.stringify(report)}\n${(stdout + stderr).slice(-outputShownChars)}`;
    assert.ok(report?.ok === true, shown);
    assert.ok(ended >= 4, `only ${ended} name servers were ended`);
    process.stdout.write(`  ${ended} name servers ended meanwhile\n`);
  } finally {
    await machine.close();
  }
});

test.run();

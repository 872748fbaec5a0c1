/** `mqadmin drain` under load: what it calls safe to stop has lost nothing, and stays closed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { runProgram } from '../../src/cli/program.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { Canary } from './canary.ts';
import { DrainedLoad } from './drained-load.ts';
import { becomes } from './pair.ts';
import { Machine, type Server } from './servers.ts';

const queues = 4;
const soonMs = 15_000;
const topic = { readQueueNums: queues, writeQueueNums: queues, topicSysFlag: 0, order: false };

interface Context {
  machine: Machine;
  nameServer: Server;
  drained: Server;
  other: Server;
  admin: AdminClient;
}

const test = suite<Context>('drain');

test.before.each(async (context) => {
  context.machine = new Machine();
  context.nameServer = await context.machine.nameServer();
  const settings = { messageDelayLevel: '1s 1h' };
  context.drained = await context.machine.broker([context.nameServer], settings);
  context.other = await context.machine.broker([context.nameServer], settings);
  context.admin = new AdminClient({ nameServers: [context.nameServer.address] });
});

test.after.each(async ({ admin, machine }) => {
  await admin.close();
  await machine.close();
});

interface Ran {
  code: number;
  out: string;
  error: string;
}

async function mqadmin({ nameServer }: Context, ...argv: string[]): Promise<Ran> {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await runProgram(argv, {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    nameServerVariable: nameServer.address,
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

async function makeTopic({ admin }: Context, broker: Server, name: string, perm = 6) {
  const settings = { ...topic, topicName: name, perm, attributes: new Map<string, string>() };
  await admin.topics.update(broker.address, settings);
}

/** Permission of the broker's queues on the topic's route. */
async function routedPerm({ admin }: Context, broker: Server, name: string) {
  const { queues: routed, brokers } = await admin.topics.route(name);
  const set = brokers.find(({ addresses }) => [...addresses.values()].includes(broker.address));
  return routed.find(({ brokerName }) => brokerName === set?.name)?.perm;
}

async function refusal(canary: Canary, broker: Server): Promise<number | null> {
  try {
    await canary.send(broker.address);
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? Number(error.code) : null;
  }
}

test('a broker drained under load is stopped with every message consumed', async (context) => {
  const { drained, other } = context;
  const load = new DrainedLoad([drained.address, other.address], queues);
  for (const broker of [drained, other]) await makeTopic(context, broker, load.topic);
  try {
    await load.start();
    await becomes(soonMs, 'load and retries are under way', async () => {
      return load.acknowledged.size > 2000 && load.sentBack > 3;
    });
    const { code, out, error } = await mqadmin(context, 'drain', '-b', drained.address);
    assert.is(code, 0, error);
    assert.match(out, 'is safe to stop.');
    assert.match(out, / [1-9]\d* delayed/, 'it was seen waiting');
    assert.ok(load.refused > 0, 'senders were turned away');
    const byDrained = [...load.acknowledged].filter(([, by]) => by === drained.address);
    assert.ok(byDrained.length > 500, `${byDrained.length} acknowledged by the drained broker`);
    const lost = byDrained.filter(([number]) => !load.consumed.has(number));
    assert.equal(lost, [], 'not consumed when it was called safe');
    load.leave(drained.address);
    await drained.stop();
    const before = load.acknowledged.size;
    await becomes(soonMs, 'the load goes on', async () => load.acknowledged.size > before + 500);
    await load.endSending();
    await becomes(soonMs, 'the rest is consumed', async () => load.missing().length === 0);
  } finally {
    await load.close();
  }
});

test('it stays closed through registrations and a restart, until it is undone', async (context) => {
  const { drained, admin } = context;
  const canary = new Canary('Shut');
  try {
    await makeTopic(context, drained, 'Shut');
    await makeTopic(context, drained, 'ReadOnly', 4);
    assert.is((await mqadmin(context, 'drain', '-b', drained.address)).code, 0);
    assert.is(await routedPerm(context, drained, 'Shut'), 4);
    // A new topic is a registration with a new data version, which overwrites what was wiped.
    await makeTopic(context, drained, 'Late');
    assert.is(await routedPerm(context, drained, 'Late'), 4);
    assert.is(await routedPerm(context, drained, 'Shut'), 4);
    assert.is(await refusal(canary, drained), ResponseCode.SERVICE_NOT_AVAILABLE);
    await drained.stop();
    await drained.start();
    assert.is(await routedPerm(context, drained, 'Shut'), 4);
    assert.is(await refusal(canary, drained), ResponseCode.SERVICE_NOT_AVAILABLE);
    const undone = await mqadmin(context, 'drain', '-b', drained.address, '--undo');
    assert.is(undone.code, 0, undone.error);
    await becomes(soonMs, 'the route has it again', async () => {
      return (await routedPerm(context, drained, 'Shut')) === 6;
    });
    assert.is(await routedPerm(context, drained, 'ReadOnly'), 4, 'never was writable');
    assert.is(await refusal(canary, drained), null);
    const config = await admin.config.ofBroker(drained.address);
    assert.is(config.get('brokerPermission'), '6');
  } finally {
    await canary.close();
  }
});

test('a lagging group keeps it unsafe, unless it is ignored', async (context) => {
  const { drained, admin } = context;
  const canary = new Canary('Behind');
  try {
    await makeTopic(context, drained, 'Behind');
    const { queueId } = await canary.send(drained.address);
    const brokerName = (await admin.clusters.brokerNames({ address: drained.address }))[0] ?? '';
    const group = { groupName: 'Slow', cleanOffset: false };
    await mqadmin(context, 'updateSubGroup', '-b', drained.address, '-g', group.groupName);
    const queue = { topic: 'Behind', brokerName, queueId };
    await admin.offsets.update(drained.address, 'Slow', queue, 0);
    const drain = ['drain', '-b', brokerName, '--timeout', '2'];
    const waits = await mqadmin(context, ...drain, '--json');
    assert.is(waits.code, 1);
    assert.is((JSON.parse(waits.out) as { isSafe: boolean }[])[0]?.isSafe, false);
    assert.match(waits.error, /not safe to stop: .*Slow 1 behind in Behind \(offline\)/);
    const ignoring = await mqadmin(context, ...drain, '-i', 'Slow');
    assert.is(ignoring.code, 0, ignoring.error);
    assert.match(ignoring.out, 'ignored: Slow 1 behind in Behind');
    await admin.offsets.update(drained.address, 'Slow', queue, 1);
    const done = await mqadmin(context, ...drain, '--json');
    assert.is(done.code, 0, done.error);
    assert.is((JSON.parse(done.out) as { isSafe: boolean }[])[0]?.isSafe, true);
  } finally {
    await canary.close();
  }
});

test('names that are no master are refused by name', async (context) => {
  const { code, error } = await mqadmin(context, 'drain', '-b', 'nobody');
  assert.is(code, 1);
  assert.match(error, "drain failed: the name server knows no broker 'nobody'");
});

test.run();

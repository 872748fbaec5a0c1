/** Two name servers that share nothing, and what their routes say when processes come and go. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Canary } from './canary.ts';
import { Machine, type Server } from './servers.ts';

interface Context {
  machine: Machine;
  canary: Canary;
  nameServers: Server[];
  broker: Server;
}

const test = suite<Context>('name servers');

test.before.each(async (context) => {
  context.machine = new Machine();
  context.canary = new Canary('RouteTopic');
  const { machine } = context;
  context.nameServers = [await machine.nameServer(), await machine.nameServer()];
  context.broker = await machine.broker(context.nameServers);
  await context.canary.send(context.broker.address);
  for (const { address } of context.nameServers) {
    await context.canary.routeBecomes(address, [context.broker.address], 2000);
  }
});

test.after.each(async ({ canary, machine }) => {
  await canary.close();
  await machine.close();
});

test('either one killed: the other routes on, sends go on, and it is back within a second', async ({
  canary,
  nameServers,
  broker,
}) => {
  for (const [index, victim] of nameServers.entries()) {
    const survivor = nameServers[1 - index];
    assert.ok(survivor);
    await victim.kill();
    assert.equal(await canary.route(survivor.address), [broker.address]);
    await canary.send(broker.address);
    await victim.start();
    const backAfterMs = await canary.routeBecomes(victim.address, [broker.address], 5000);
    assert.ok(backAfterMs < 1500, `broker known again after ${backAfterMs} ms`);
  }
});

test('a broker that boots while one name server is down is delayed by nothing', async ({
  canary,
  machine,
  nameServers,
  broker,
}) => {
  const [first, second] = nameServers;
  assert.ok(first && second);
  await first.kill();
  const started = Date.now();
  const late = await machine.broker(nameServers);
  assert.ok(Date.now() - started < 3000, 'booted without waiting for the dead one');
  await canary.send(late.address);
  // Its first send made the topic there, and the name server hears of that meanwhile.
  await canary.routeBecomes(second.address, [broker.address, late.address], 2000);
});

test('a broker killed leaves every route, a stopped one at once, and each comes back', async ({
  canary,
  nameServers,
  broker,
}) => {
  await broker.kill();
  for (const { address } of nameServers) await canary.routeBecomes(address, [], 130_000);
  await broker.start();
  for (const { address } of nameServers) {
    const backAfterMs = await canary.routeBecomes(address, [broker.address], 5000);
    assert.ok(backAfterMs < 1000, `back after ${backAfterMs} ms`);
  }
  await broker.stop();
  for (const { address } of nameServers) assert.equal(await canary.route(address), []);
});

test.run();

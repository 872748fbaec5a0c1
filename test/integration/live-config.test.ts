/**
 * Keys that may be changed while a server runs: each does what it says at once and after the
 * server was killed and started again; every other key, and what is no value, is refused by name.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { runProgram } from '../../src/cli/program.ts';
import { BROKER_KEYS } from '../../src/config/broker-keys.ts';
import { NAMESRV_KEYS } from '../../src/config/namesrv-keys.ts';
import { NETTY_CLIENT_KEYS } from '../../src/config/netty-client-keys.ts';
import { NETTY_SERVER_KEYS } from '../../src/config/netty-server-keys.ts';
import { STORE_KEYS } from '../../src/config/store-keys.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { beforeAll } from '../runner/before-all.ts';
import { brokerEffects, prepareBroker, registrationKeys } from './broker-key-effects.ts';
import { ask, type KeyEffect } from './key-effect.ts';
import { nameServerEffects } from './namesrv-key-effects.ts';
import { becomes } from './pair.ts';
import { Machine, type Server } from './servers.ts';

/** A name server looks for silent brokers every 5 s until its first look with the new interval. */
const soonMs = 10_000;

const live = suite('configuration of running servers');
const machine = new Machine();
let nameServer: Server;
let broker: Server;

beforeAll(live, async () => {
  nameServer = await machine.nameServer();
  broker = await machine.broker([nameServer]);
  await prepareBroker(broker.address);
});
live.after(() => machine.close());

type Role = 'Broker' | 'Namesrv';

const serverOf = (role: Role): Server => (role === 'Broker' ? broker : nameServer);

async function update(role: Role, key: string, value: string): Promise<string> {
  const errors: string[] = [];
  const { address } = serverOf(role);
  const where = role === 'Broker' ? ['-b', address] : ['-n', address];
  const code = await runProgram([`update${role}Config`, ...where, '-k', key, '-v', value], {
    out: () => undefined,
    error: (text) => void errors.push(text),
    nameServerVariable: nameServer.address,
  });
  assert.is(code, errors.length === 0 ? 0 : 1);
  return errors.join('\n');
}

async function storedValue(role: Role, key: string): Promise<string> {
  const { address } = serverOf(role);
  const admin = new AdminClient({ nameServers: [address] });
  try {
    const { config } = admin;
    const all = role === 'Broker' ? config.ofBroker(address) : config.ofNameServer(address);
    return (await all).get(key) ?? '';
  } finally {
    await admin.close();
  }
}

async function check(role: Role, { key, value, under, isInForce }: KeyEffect): Promise<void> {
  const server = serverOf(role);
  const changes = [...(under === undefined ? [] : [under]), [key, value] as const];
  const before: [string, string][] = [];
  for (const [name, to] of changes) {
    assert.not(name === key && (await isInForce(server.address)), `${key} by default`);
    before.push([name, await storedValue(role, name)]);
    assert.is(await update(role, name, to), '');
  }
  await becomes(soonMs, `${key}=${value} in force at once`, () => isInForce(server.address));
  await server.kill();
  await server.start();
  await becomes(soonMs, `${key}=${value} after a restart`, () => isInForce(server.address));
  for (const [name, old] of before.reverse()) {
    assert.is(await update(role, name, old), '');
    if (name !== key) continue;
    await becomes(soonMs, `${key} as before`, async () => !(await isInForce(server.address)));
  }
}

for (const effect of brokerEffects) {
  live(`broker: ${effect.key}`, () => check('Broker', effect));
}
for (const effect of nameServerEffects) {
  live(`name server: ${effect.key}`, () => check('Namesrv', effect));
}

live('every key that may be changed has its effect tested', () => {
  const netty = [...NETTY_SERVER_KEYS, ...NETTY_CLIENT_KEYS];
  const hot = (keys: { name: string; hot: boolean }[]): string[] =>
    keys.filter((key) => key.hot).map(({ name }) => name);
  const tested = (effects: readonly KeyEffect[]): string[] => effects.map(({ key }) => key);
  assert.equal(
    hot([...BROKER_KEYS, ...STORE_KEYS, ...netty]).sort(),
    [...tested(brokerEffects), ...registrationKeys].sort(),
  );
  assert.equal(hot([...NAMESRV_KEYS, ...netty]).sort(), tested(nameServerEffects).sort());
});

const forbidden: Readonly<Record<Role, readonly string[]>> = {
  Broker: ['listenPort', 'storePathRootDir', 'brokerConfigPath', 'configBlackList', 'rocketmqHome'],
  Namesrv: ['listenPort', 'kvConfigPath', 'configStorePath', 'configBlackList', 'rocketmqHome'],
};
const nonsense = ['../../etc/passwd', '/tmp/x', '$(reboot)', '`id`', '; rm -rf x', 'a|b', 'true x'];

for (const role of ['Broker', 'Namesrv'] as const) {
  live(`${role}: other keys are refused by name`, async () => {
    for (const key of [...forbidden[role], 'no.such.key', '../key', '$(key)', 'a;b', 'a|b']) {
      const before = await storedValue(role, key);
      assert.ok((await update(role, key, '/tmp/elsewhere')).includes(key), key);
      assert.is(await storedValue(role, key), before, key);
    }
  });

  live(`${role}: what is no value of its key is refused, key and value named`, async () => {
    const key = role === 'Broker' ? 'traceOn' : 'enableTopicList';
    for (const value of nonsense) {
      const error = await update(role, key, value);
      assert.ok(error.includes(key) && error.includes(`'${value}'`), `${value}: ${error}`);
    }
    const broken = await update(role, key, 'true\nlistenPort=1');
    assert.match(broken, key);
    assert.match(broken, 'line break');
    assert.is(await storedValue(role, key), 'true');
  });

  live(`${role}: of a request with one forbidden key nothing is taken`, async () => {
    const key = role === 'Broker' ? 'traceOn' : 'enableTopicList';
    const code =
      role === 'Broker' ? RequestCode.UPDATE_BROKER_CONFIG : RequestCode.UPDATE_NAMESRV_CONFIG;
    const body = Buffer.from(`${key}=false\nlistenPort=1\n`);
    const answer = await ask(serverOf(role).address, code, {}, body);
    assert.is.not(answer.code, 0);
    assert.match(answer.remark ?? '', 'listenPort');
    assert.is(await storedValue(role, key), 'true');
  });
}

live.run();

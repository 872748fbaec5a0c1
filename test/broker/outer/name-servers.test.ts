import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MasterAddresses, NameServers } from '../../../src/broker/outer/name-servers.ts';
import { freePort } from '../../../src/config/free-port.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { encodeBrokerMemberGroup } from '../../../src/remoting/bodies/broker-member-group.ts';
import { encodeKvTable } from '../../../src/remoting/bodies/kv-table.ts';
import { createRequest, reply } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { RemotingServer } from '../../../src/remoting/server.ts';

const registering = suite('name servers');

/** A name server that keeps what it is told, and can be waited for. */
class Stub {
  readonly registrations: string[] = [];
  unregistered = 0;
  /** How many registrations are refused. */
  refuses = 0;
  connections = 0;
  #server: RemotingServer | null = null;
  #waiting: (() => void)[] = [];
  readonly port: number;
  orderTopics = new Map<string, string>();
  master = {};
  members = new Map<number, string>();

  constructor(port: number) {
    this.port = port;
  }

  async listen(): Promise<void> {
    const handlers = new Map([
      [
        RequestCode.REGISTER_BROKER as number,
        (request: { body: Uint8Array }) => {
          this.registrations.push(Buffer.from(request.body).toString());
          for (const wake of this.#waiting.splice(0)) wake();
          if (this.refuses > 0) {
            this.refuses -= 1;
            return reply(1, { remark: 'register broker failed' });
          }
          return reply(0, { extFields: this.master, body: encodeKvTable(this.orderTopics) });
        },
      ],
      [
        RequestCode.GET_BROKER_MEMBER_GROUP as number,
        () => {
          const set = { cluster: 'c', brokerName: 'b', brokerAddrs: this.members };
          return reply(0, { body: encodeBrokerMemberGroup(set) });
        },
      ],
      [
        RequestCode.UNREGISTER_BROKER as number,
        () => {
          this.unregistered += 1;
          return reply(0);
        },
      ],
    ]);
    const options = { bindAddress: '127.0.0.1', port: this.port };
    this.#server = new RemotingServer(options, handlers, {
      onFault: (error) => {
        throw error;
      },
      onOpen: () => {
        this.connections += 1;
      },
    });
    await this.#server.listen();
  }

  async registered(count: number): Promise<void> {
    while (this.registrations.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}

let version = 0;
const orderTopics: string[] = [];
const masters: MasterAddresses[] = [];

function nameServers(addresses: string[]): NameServers {
  return new NameServers({
    addresses,
    registerRequests: (topics) => [
      createRequest(RequestCode.REGISTER_BROKER, {
        body: Buffer.from(topics === null ? String(version) : [...topics].sort().join(' ')),
      }),
    ],
    unregisterRequest: () => createRequest(RequestCode.UNREGISTER_BROKER),
    timeoutMs: () => 5000,
    onOrderTopics: (topics) => orderTopics.push(...topics),
    onMaster: (master) => masters.push(master),
    log: silentLogger(),
  });
}

async function stub(): Promise<Stub> {
  const made = new Stub(await freePort('127.0.0.1'));
  await made.listen();
  return made;
}

registering('one that refuses and one that never answers delay nobody', async () => {
  const good = await stub();
  const held: Socket[] = [];
  const mute = createServer((socket) => held.push(socket)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const address = mute.address();
  const mutePort = typeof address === 'object' && address !== null ? address.port : 0;
  const dead = await freePort('127.0.0.1');
  const all = nameServers([`127.0.0.1:${dead}`, `127.0.0.1:${mutePort}`, `127.0.0.1:${good.port}`]);
  const begun = Date.now();
  await all.start();
  assert.ok(Date.now() - begun < 2500, `${Date.now() - begun} ms`);
  assert.is(good.registrations.length, 1);
  await all.stop();
  assert.is(good.unregistered, 1);
  for (const socket of held) socket.destroy();
  mute.close();
  await good.close();
});

registering(
  'changes of one turn are one registration, and all go over one connection',
  async () => {
    const good = await stub();
    const all = nameServers([`127.0.0.1:${good.port}`]);
    await all.start();
    version = 1;
    const asked = Array.from({ length: 20 }, () => all.registerAll());
    version = 2;
    await Promise.all(asked);
    assert.equal(good.registrations.slice(1), ['2']);
    version = 3;
    await all.registerAll();
    assert.equal(good.registrations.slice(2), ['3']);
    assert.is(good.connections, 1);
    await all.stop();
    await good.close();
  },
);

registering('what changed is told alone, and all of it after a refusal', async () => {
  const good = await stub();
  const all = nameServers([`127.0.0.1:${good.port}`]);
  version = 4;
  await all.start();
  for (const topic of ['one', 'two', 'one']) all.topicChanged(topic);
  await all.registerUntold();
  assert.equal(good.registrations.slice(1), ['one two']);
  await all.registerUntold();
  assert.is(good.registrations.length, 2, 'there was nothing to tell');
  good.refuses = 1;
  all.topicChanged('three');
  await all.registerUntold();
  assert.equal(good.registrations.slice(2), ['three', '4']);
  await all.registerAll();
  assert.equal(good.registrations.slice(4), ['4']);
  await all.stop();
  await good.close();
});

registering('one that comes back while told a part is told everything', async () => {
  const first = await stub();
  const all = nameServers([`127.0.0.1:${first.port}`]);
  version = 5;
  await all.start();
  await first.close();
  all.topicChanged('lost');
  const second = new Stub(first.port);
  await second.listen();
  await second.registered(1);
  assert.equal(second.registrations, ['5']);
  await all.stop();
  await second.close();
});

registering('a restarted one is told within a second or so of being back', async () => {
  const first = await stub();
  const all = nameServers([`127.0.0.1:${first.port}`]);
  await all.start();
  await first.close();
  const second = new Stub(first.port);
  await second.listen();
  const begun = Date.now();
  await second.registered(1);
  assert.ok(Date.now() - begun < 1500, `${Date.now() - begun} ms`);
  await all.stop();
  await second.close();
});

registering('one that was never there is told when it comes', async () => {
  const late = new Stub(await freePort('127.0.0.1'));
  const all = nameServers([`127.0.0.1:${late.port}`]);
  await all.start();
  await late.listen();
  await late.registered(1);
  await all.stop();
  assert.is(late.unregistered, 1);
  await late.close();
});

registering('order topics of the answer are handed on', async () => {
  const good = await stub();
  good.orderTopics = new Map([['Ordered', 'broker-a:4']]);
  const all = nameServers([`127.0.0.1:${good.port}`]);
  await all.start();
  assert.equal(orderTopics, ['Ordered']);
  await all.stop();
  await good.close();
});

registering('a slave is told its master, and a set is asked for without registering', async () => {
  const good = await stub();
  good.master = { masterAddr: '10.0.0.1:10911', haServerAddr: '10.0.0.1:10912' };
  good.members = new Map([[1, '10.0.0.2:10911']]);
  const dead = await freePort('127.0.0.1');
  const all = nameServers([`127.0.0.1:${dead}`, `127.0.0.1:${good.port}`]);
  assert.equal([...(await all.members('c', 'b'))], [[1, '10.0.0.2:10911']]);
  assert.is(good.registrations.length, 0);
  await all.start();
  assert.equal(masters.at(-1), good.master);
  await all.stop();
  await good.close();
});

registering.run();

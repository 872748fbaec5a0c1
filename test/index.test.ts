import { existsSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cluster, startCluster } from '../src/index.ts';
import { RemotingClient } from '../src/remoting/client.ts';
import { getRouteInfoRequest } from '../src/remoting/commands/get-route-info.ts';
import { createRequest } from '../src/remoting/remoting-command.ts';
import { RequestCode } from '../src/remoting/request-code.ts';
import { ResponseCode } from '../src/remoting/response-code.ts';

const clusters = suite('startCluster');

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

function canBind(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port: Number(port) }, () => server.close(() => resolve(true)));
  });
}

function refuses(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

function sendTo(client: RemotingClient, cluster: Cluster, topic: string) {
  return client.request(
    cluster.broker,
    createRequest(RequestCode.SEND_MESSAGE_V2, {
      extFields: {
        a: 'P',
        b: topic,
        c: 'TBW102',
        d: 4,
        e: 0,
        f: 0,
        g: Date.now(),
        h: 0,
        i: '',
        j: 0,
        k: false,
        m: false,
      },
      body: Buffer.from('hello'),
    }),
  );
}

clusters('two masters and two name servers know each other, and take a message', async () => {
  const cluster = await startCluster({ masters: 2, nameServers: 2 });
  const client = new RemotingClient();
  try {
    const sent = await sendTo(client, cluster, 'Orders');
    assert.is(sent.code, ResponseCode.SUCCESS, sent.remark ?? '');
    assert.is(sent.extFields.get('queueOffset'), '0');
    for (const nameServer of cluster.nameServers) {
      const route = await client.request(nameServer, getRouteInfoRequest('TBW102'));
      const text = Buffer.from(route.body).toString();
      for (const broker of cluster.brokers) assert.match(text, broker);
    }
  } finally {
    await client.close();
    await cluster.stop();
  }
});

clusters('nothing is left after stop, however often', async () => {
  const warm = await startCluster();
  await warm.stop();
  const before = openFiles();
  const cluster = await startCluster();
  const addresses = [...cluster.brokers, ...cluster.nameServers];
  await Promise.all([cluster.stop(), cluster.stop()]);
  await cluster.stop();
  for (const address of addresses) {
    assert.ok(await refuses(address), `${address} still accepts`);
    assert.ok(await canBind(address), `${address} is still taken`);
  }
  assert.not(existsSync(cluster.folder));
  assert.is(openFiles(), before);
});

clusters('a mistake in the properties is told, and leaves nothing behind', async () => {
  const before = openFiles();
  await startCluster({ brokerProperties: { flushDiskTyp: 'SYNC_FLUSH' } }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), 'did you mean flushDiskType'),
  );
  assert.is(openFiles(), before);
});

clusters.run();

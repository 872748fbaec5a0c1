/** The links themselves: a cut that lets bytes through would prove nothing. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomes } from '../integration/pair.ts';
import { freePort } from '../oracle/free-port.ts';
import { Link } from './link.ts';

interface Context {
  echo: Server;
  link: Link;
  at: number;
  client: Socket;
  /** What the client has got back, and what the server has been sent. */
  got: () => string;
  served: () => string;
}

const test = suite<Context>('link');
const host = '127.0.0.1';
const soonMs = 2000;
/** Long enough for loopback, were the way open. */
const quietMs = 50;

test.before.each(async (context) => {
  let got = '';
  let served = '';
  context.got = () => got;
  context.served = () => served;
  context.echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      served += bytes;
      socket.write(bytes);
    });
  });
  const [port, at] = [await freePort(), await freePort()];
  context.at = at;
  context.echo.listen(port, host);
  context.link = await Link.open('echo', { host, port: at }, { host, port });
  context.client = connect(at, host);
  context.client.on('data', (bytes) => {
    got += bytes;
  });
  context.client.write('a');
  await becomes(soonMs, 'an echo', async () => got === 'a');
});

test.after.each(async ({ echo, link, client }) => {
  client.destroy();
  await link.close();
  echo.close();
});

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, quietMs));

test('cut towards the server, nothing reaches it; healed, all of it does', async (context) => {
  const { client, link, got, served } = context;
  link.cut('to the server');
  client.write('b');
  await quiet();
  assert.is(served(), 'a');
  link.heal(false);
  await becomes(soonMs, 'the rest', async () => got() === 'ab');
});

test('cut towards the client, the server is reached, its answer not seen', async (context) => {
  const { client, link, got, served } = context;
  link.cut('to the client');
  client.write('b');
  await becomes(soonMs, 'served', async () => served() === 'ab');
  await quiet();
  assert.is(got(), 'a');
  link.heal(false);
  await becomes(soonMs, 'the rest', async () => got() === 'ab');
});

test('cut both ways, a party that goes is not missed until the link heals', async (context) => {
  const { client, link, echo } = context;
  link.cut('both ways');
  client.destroy();
  await quiet();
  const count = (): Promise<number> =>
    new Promise((resolve) => echo.getConnections((_, connections) => resolve(connections)));
  assert.is(await count(), 1);
  link.heal(false);
  await becomes(soonMs, 'the server knows', async () => (await count()) === 0);
});

test('a cut that outlasts its connections, and one that resets, end them', async (context) => {
  const { client, link } = context;
  client.on('error', () => undefined);
  link.cut('both ways');
  const closed = new Promise((resolve) => client.on('close', resolve));
  link.heal(true);
  await closed;
  link.cut('reset');
  const late = connect(context.at, host);
  const [error] = await once(late, 'error');
  assert.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test.run();

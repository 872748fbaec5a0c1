import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RemotingClient } from '../../src/remoting/client.ts';
import { decodeFrame, encodeFrame, FrameReader } from '../../src/remoting/frame.ts';
import {
  createRequest,
  createResponse,
  type RemotingCommand,
  reply,
} from '../../src/remoting/remoting-command.ts';
import { type Connection, type Handler, RemotingServer } from '../../src/remoting/server.ts';

const SERVE = new Map<number, Handler<Connection>>([[1, () => reply(0)]]);
const EVENTS = { onFault: () => undefined };

async function serverOn(port: number): Promise<{ server: RemotingServer; port: number }> {
  const options = { bindAddress: '127.0.0.1', port };
  const server = new RemotingServer(options, SERVE, EVENTS);
  return { server, port: await server.listen() };
}

/** A peer whose every move the test decides. */
async function peer(
  onCommand: (command: RemotingCommand, socket: Socket) => void,
): Promise<{ address: string; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) onCommand(decodeFrame(frame), socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  return { address: `127.0.0.1:${port}`, stop };
}

test('answers are matched by opaque, in any order', async () => {
  const held: [RemotingCommand, Socket][] = [];
  const { address, stop } = await peer((command, socket) => {
    held.push([command, socket]);
    if (held.length === 3) {
      for (const [request, to] of held.reverse()) {
        to.write(encodeFrame(createResponse(request, reply(request.code))));
      }
    }
  });
  const client = new RemotingClient();
  const answers = await Promise.all(
    [21, 22, 23].map((code) => client.request(address, createRequest(code))),
  );
  assert.equal(
    answers.map((answer) => answer.code),
    [21, 22, 23],
  );
  await client.close();
  await stop();
});

test('silence ends in a timeout, and a late answer harms nobody', async () => {
  let late: () => void = () => undefined;
  const { address, stop } = await peer((command, socket) => {
    const answer = encodeFrame(createResponse(command, reply(0)));
    if (command.code === 1) late = () => socket.write(answer);
    else socket.write(answer);
  });
  const client = new RemotingClient();
  const failure = await client
    .request(address, createRequest(1), 50)
    .catch((error: Error) => error);
  assert.is((failure as Error).name, 'RequestTimeoutError');
  late();
  assert.is((await client.request(address, createRequest(2))).code, 0);
  await client.close();
  await stop();
});

test('requests of the server reach the handler and are answered', async () => {
  const answered: RemotingCommand[] = [];
  const { address, stop } = await peer((command, socket) => {
    if ((command.flag & 1) === 1) {
      answered.push(command);
      return;
    }
    socket.write(encodeFrame(createRequest(40, { oneway: true })));
    socket.write(encodeFrame(createRequest(220)));
    socket.write(encodeFrame(createResponse(command, reply(0))));
  });
  const seen: number[] = [];
  const handler = (request: RemotingCommand) => {
    seen.push(request.code);
    return reply(0);
  };
  const client = new RemotingClient(
    {},
    {
      handlers: new Map([
        [40, handler],
        [220, handler],
      ]),
    },
  );
  await client.request(address, createRequest(1));
  await client.request(address, createRequest(1));
  assert.equal(seen.slice(0, 2), [40, 220]);
  assert.ok(answered.length >= 1);
  await client.close();
  await stop();
});

test('a refused connection fails every request with the address', async () => {
  const { server, port } = await serverOn(0);
  await server.close();
  const client = new RemotingClient();
  const failure = await client
    .request(`127.0.0.1:${port}`, createRequest(1))
    .catch((error: Error) => error);
  assert.is((failure as Error).name, 'ConnectError');
  assert.match((failure as Error).message, `127.0.0.1:${port}`);
  const nonsense = await client.request('nowhere', createRequest(1)).catch((error: Error) => error);
  assert.match((nonsense as Error).message, 'host:port');
  await client.close();
});

test('a lost connection fails what is pending, the next request connects anew', async () => {
  const { address, stop } = await peer((command, socket) => {
    if (command.code === 1) socket.destroy();
    else socket.write(encodeFrame(createResponse(command, reply(0))));
  });
  const client = new RemotingClient();
  const failure = await client.request(address, createRequest(1)).catch((error: Error) => error);
  assert.is((failure as Error).name, 'ConnectionClosedError');
  assert.is((await client.request(address, createRequest(2))).code, 0);
  await client.close();
  await stop();
});

test('bytes that are no frame end the connection of a client too', async () => {
  const { address, stop } = await peer((_, socket) => socket.write(Buffer.alloc(8, 0xff)));
  const client = new RemotingClient();
  const failure = await client.request(address, createRequest(1)).catch((error: Error) => error);
  assert.is((failure as Error).name, 'ConnectionClosedError');
  await client.close();
  await stop();
});

test('a kept address is redialled until its server is back', async () => {
  const first = await serverOn(0);
  const address = `127.0.0.1:${first.port}`;
  let connected: () => void = () => undefined;
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      connected = resolve;
    });
  const client = new RemotingClient({}, { onConnected: () => connected() });
  const up = next();
  client.keep(address);
  await up;
  await first.server.close();
  const again = next();
  const second = await serverOn(first.port);
  const restartedMs = performance.now();
  await again;
  assert.ok(performance.now() - restartedMs < 3000);
  assert.is((await client.request(address, createRequest(1))).code, 0);
  await client.close();
  await second.server.close();
});

test('call turns a code into an error that carries it', async () => {
  const { server, port } = await serverOn(0);
  const client = new RemotingClient();
  const failure = await client
    .call(`127.0.0.1:${port}`, createRequest(999))
    .catch((error: unknown) => error);
  assert.is((failure as { code: number }).code, 3);
  await client.close();
  await server.close();
});

test.run();

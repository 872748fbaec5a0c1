import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RemotingClient } from '../../src/remoting/client.ts';
import { Refusal } from '../../src/remoting/errors.ts';
import { decodeFrame, encodeFrame, FrameReader } from '../../src/remoting/frame.ts';
import { createRequest, type RemotingCommand, reply } from '../../src/remoting/remoting-command.ts';
import {
  type Connection,
  type Handler,
  RemotingServer,
  type ServerOptions,
} from '../../src/remoting/server.ts';

const ECHO = 900_001;
const THROWS = 900_002;
const REFUSES = 900_003;
const WAITS = 900_004;

interface Rig {
  server: RemotingServer;
  client: RemotingClient;
  port: number;
  address: string;
  faults: unknown[];
  closed: string[];
  release: () => void;
  served: () => number;
}

async function withRig(
  options: Partial<ServerOptions>,
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  const faults: unknown[] = [];
  const closed: string[] = [];
  let release: () => void = () => undefined;
  let served = 0;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const echo: Handler<Connection> = (request) => {
    served++;
    return reply(0, { body: request.body, extFields: request.extFields });
  };
  const handlers = new Map<number, Handler<Connection>>([
    [ECHO, echo],
    [
      THROWS,
      () => {
        throw new Error('broken inside');
      },
    ],
    [
      REFUSES,
      () => {
        throw new Refusal(17, 'no such thing');
      },
    ],
    [WAITS, () => gate.then(() => reply(0))],
  ]);
  const server = new RemotingServer({ bindAddress: '127.0.0.1', port: 0, ...options }, handlers, {
    onFault: (error) => faults.push(error),
    onClose: (_, reason) => closed.push(reason),
  });
  const port = await server.listen();
  const client = new RemotingClient({ requestTimeoutMs: 5000 });
  const address = `127.0.0.1:${port}`;
  try {
    await body({ server, client, port, address, faults, closed, release, served: () => served });
  } finally {
    release();
    await client.close();
    await server.close();
  }
}

async function rawSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** The next `count` commands the socket delivers. */
async function read(socket: Socket, count: number): Promise<RemotingCommand[]> {
  const reader = new FrameReader();
  const commands: RemotingCommand[] = [];
  while (commands.length < count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    for (const frame of reader.push(chunk)) commands.push(decodeFrame(frame));
  }
  return commands;
}

test('a request is answered in its own encoding', () =>
  withRig({}, async ({ client, address }) => {
    for (const encoding of ['JSON', 'ROCKETMQ'] as const) {
      const code = encoding === 'JSON' ? ECHO : 3;
      const request = createRequest(code, { encoding, body: Buffer.from('hi') });
      const answer = await client.request(address, request);
      assert.is(answer.encoding, encoding);
      assert.is(answer.opaque, request.opaque);
    }
  }));

test('an unknown code is answered with 3', () =>
  withRig({}, async ({ client, address }) => {
    const answer = await client.request(address, createRequest(4242));
    assert.is(answer.code, 3);
    assert.is(answer.remark, ' request type 4242 not supported');
  }));

test('a fault of the handler is answered with 1 and reported; a refusal is neither', () =>
  withRig({}, async ({ client, address, faults }) => {
    const fault = await client.request(address, createRequest(THROWS));
    assert.is(fault.code, 1);
    assert.match(fault.remark ?? '', /the server is at fault: .*broken inside/);
    assert.is(faults.length, 1);
    const refusal = await client.request(address, createRequest(REFUSES));
    assert.is(refusal.code, 17);
    assert.is(refusal.remark, 'no such thing');
    assert.is(faults.length, 1);
  }));

test('oneway requests are served and never answered, not even with an error', () =>
  withRig({}, async ({ port, served }) => {
    const socket = await rawSocket(port);
    for (const code of [ECHO, THROWS, REFUSES, 4242]) {
      socket.write(encodeFrame(createRequest(code, { oneway: true })));
    }
    const last = createRequest(ECHO);
    socket.write(encodeFrame(last));
    const [answer] = await read(socket, 1);
    assert.is(answer?.opaque, last.opaque);
    assert.is(served(), 2);
    socket.destroy();
  }));

test('garbage closes its connection and no other', () =>
  withRig({}, async ({ client, address, port, closed }) => {
    await client.request(address, createRequest(ECHO));
    for (const hex of [
      'ffffffff',
      '00000000',
      '7fffffff00000000',
      '0000000405000000',
      '00000008000000047b7b7b7b',
      '474554202f20485454502f312e310d0a',
    ]) {
      const socket = await rawSocket(port);
      socket.write(Buffer.from(hex, 'hex'));
      await once(socket, 'close');
    }
    assert.is((await client.request(address, createRequest(ECHO))).code, 0);
    assert.is(closed.length, 6);
  }));

test('an idle connection is closed', () =>
  withRig({ idleMs: 50 }, async ({ server, port, closed }) => {
    const socket = await rawSocket(port);
    await once(socket, 'close');
    await server.close();
    assert.equal(closed, ['idle for 50 ms']);
  }));

test('a peer that does not read its answers is not read either', () =>
  withRig({ outBytesMax: 64 * 1024 }, async ({ port, served }) => {
    const socket = await rawSocket(port);
    socket.pause();
    const total = 200;
    const request = encodeFrame(createRequest(ECHO, { body: Buffer.alloc(256 * 1024) }));
    for (let sent = 0; sent < total; sent++) socket.write(request);
    let before = -1;
    while (before !== served()) {
      before = served();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(before < total, `${before} of ${total} were served`);
    socket.resume();
    const answers = await read(socket, total);
    assert.is(answers.length, total);
    socket.destroy();
  }));

test('requests beyond the in-flight limit wait and are then served', () =>
  withRig({ inFlightMax: 2 }, async ({ client, address, release, served }) => {
    const waiting = [1, 2].map(() => client.request(address, createRequest(WAITS)));
    const later = client.request(address, createRequest(ECHO));
    const control = new RemotingClient();
    assert.is((await control.request(address, createRequest(ECHO))).code, 0);
    assert.is(served(), 1);
    release();
    for (const answer of await Promise.all([...waiting, later])) assert.is(answer.code, 0);
    await control.close();
  }));

test('closing answers what is in flight', async () => {
  await withRig({}, async ({ server, client, address, release }) => {
    const waiting = client.request(address, createRequest(WAITS));
    await client.request(address, createRequest(ECHO));
    const closing = server.close();
    release();
    assert.is((await waiting).code, 0);
    await closing;
    assert.is(server.connectionCount, 0);
  });
});

test('closing does not wait for ever for a handler that hangs', () =>
  withRig({ closeGraceMs: 50 }, async ({ server, client, address }) => {
    const waiting = client
      .request(address, createRequest(WAITS))
      .catch((error: Error) => error.name);
    await client.request(address, createRequest(ECHO));
    await server.close();
    assert.is(await waiting, 'ConnectionClosedError');
  }));

test('connections over the limit are closed', () =>
  withRig({ connectionsMax: 1 }, async ({ client, address, port }) => {
    await client.request(address, createRequest(ECHO));
    const socket = await rawSocket(port);
    await once(socket, 'close');
    assert.is((await client.request(address, createRequest(ECHO))).code, 0);
  }));

test.run();

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namesrvSettings } from '../../src/config/roles.ts';
import { silentLogger } from '../../src/logging/logger.ts';
import { NameServer } from '../../src/namesrv/name-server.ts';
import { RemotingClient } from '../../src/remoting/client.ts';
import { registerBrokerRequest } from '../../src/remoting/commands/register-broker.ts';
import { encodeFrame } from '../../src/remoting/frame.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { registration } from './rig.ts';

const FRAMES = Number(process.env['TURBOPUMP_HOSTILE_FRAMES'] ?? 3000);
const CANARY_EVERY = 50;
const GROWTH_BYTES_MAX = 150 * 1024 * 1024;
const CODES = Object.values(RequestCode).filter(
  (code) => code !== RequestCode.UPDATE_NAMESRV_CONFIG,
);

/** Numbers that repeat for a seed (mulberry32), so that a failure can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

/** A real request with some bytes changed, cut short, or with a length that lies. */
function mutant(pick: (below: number) => number): Buffer {
  const encoding = pick(2) === 0 ? 'JSON' : 'ROCKETMQ';
  const compressed = pick(2) === 0;
  const register = registerBrokerRequest(registration({ brokerName: `m${pick(20)}` }), {
    encoding,
    compressed,
  });
  const extFields = { topic: 'T', namespace: 'N', key: `k${pick(50)}`, brokerName: 'm1' };
  const code = CODES[pick(CODES.length)] ?? 0;
  const other = createRequest(code, { encoding, extFields });
  const frame = encodeFrame(pick(3) === 0 ? register : other);
  for (let edits = pick(4); edits > 0; edits--) {
    frame[4 + pick(frame.length - 4)] = pick(256);
  }
  if (pick(10) === 0) frame.writeInt32BE(pick(0x7fffffff) - 1000, 0);
  return pick(10) === 0 ? frame.subarray(0, pick(frame.length)) : frame;
}

async function attack(port: number, frames: Buffer): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.end(frames);
  await closed;
}

test(`${FRAMES} mutated frames harm no other connection`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-hostile-'));
  const settings = namesrvSettings();
  settings.set('listenPort', 0);
  settings.set('kvConfigPath', join(folder, 'kvConfig.json'));
  const server = new NameServer({ settings, logger: silentLogger(), configFile: null });
  await server.start();
  const address = `127.0.0.1:${server.port}`;
  const canary = new RemotingClient({ requestTimeoutMs: 10_000 });
  const broker = registration({
    clusterName: 'canary',
    brokerName: 'canary',
    heartbeatTimeoutMillis: 3_600_000,
    topics: ['canary-one', 'canary-two'],
  });
  assert.is((await canary.request(address, registerBrokerRequest(broker))).code, 0);
  const pick = random(20_261_124);
  const before = process.memoryUsage().rss;
  try {
    for (let sent = 0; sent < FRAMES; sent += CANARY_EVERY) {
      const volleys = Array.from({ length: CANARY_EVERY / 5 }, () =>
        attack(server.port, Buffer.concat(Array.from({ length: 5 }, () => mutant(pick)))),
      );
      await Promise.all(volleys);
      const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, {
        extFields: { topic: 'canary-two' },
      });
      const answer = await canary.request(address, request);
      assert.is(answer.code, 0, `canary after ${sent} frames`);
    }
    const growth = process.memoryUsage().rss - before;
    assert.ok(growth < GROWTH_BYTES_MAX, `memory grew by ${growth} bytes`);
  } finally {
    await canary.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});

test.run();

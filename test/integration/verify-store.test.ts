/** `mqadmin verifyStore`: damage under a running broker is named, and its next start mends it. */
import { openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from '../../src/cli/program.ts';
import { readAll } from '../crash/load.ts';
import { beforeAll } from '../runner/before-all.ts';
import { Canary } from './canary.ts';
import { becomes } from './pair.ts';
import { Machine, type Server } from './servers.ts';

const messages = 300;
const topic = 'Verified';
const soonMs = 15_000;
/** Small files, so that there are several of each. */
const small = {
  mappedFileSizeCommitLog: 32 * 1024,
  mappedFileSizeConsumeQueue: 1000,
  maxMessageSize: 8 * 1024,
  maxHashSlotNum: 100,
  maxIndexNum: 400,
};

const test = suite('verifyStore');
let machine: Machine;
let nameServer: Server;
let broker: Server;
let canary: Canary;

beforeAll(test, async () => {
  machine = new Machine();
  nameServer = await machine.nameServer();
  broker = await machine.broker([nameServer], small);
  canary = new Canary(topic);
  for (let sent = 0; sent < messages; sent++) await canary.send(broker.address, `body ${sent}`);
});

test.after(async () => {
  await canary.close();
  await machine.close();
});

async function verifyStore(...argv: string[]): Promise<{ code: number; out: string }> {
  const out: string[] = [];
  const take = (text: string): void => void out.push(text);
  const sink = { out: take, error: take, nameServerVariable: nameServer.address };
  const code = await runProgram(['verifyStore', '-b', broker.address, ...argv], sink);
  return { code, out: out.join('\n') };
}

/** Flips one bit of a file of the broker's store; answers its path. */
function damage(folder: string, position: number): string {
  const dir = join(machine.storeOf(broker), folder);
  const path = join(dir, readdirSync(dir).sort()[0] ?? '');
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8(0) ^ 1);
  writeSync(file, byte, 0, 1, position);
  return path;
}

test('a whole store has no finding, and everything of it is compared', async () => {
  let out = '';
  // A check goes as far as the log is on disk.
  await becomes(soonMs, 'all messages are on disk', async () => {
    const ran = await verifyStore();
    assert.is(ran.code, 0, ran.out);
    out = ran.out;
    return out.includes(`${broker.address}: ${messages} messages in `);
  });
  assert.match(out, `${messages} entries of 1 queues`);
  assert.match(out, 'nothing is wrong');
  assert.match((await verifyStore('--repair')).out, 'there is nothing to repair');
});

test('a damaged queue is named with its message, and the next start gives it back', async () => {
  const folder = join('consumequeue', topic, '0');
  const dir = join(machine.storeOf(broker), folder);
  const path = join(dir, readdirSync(dir).sort()[0] ?? '');
  const whole = readFileSync(path);
  damage(folder, 27);
  const found = await verifyStore('--json');
  assert.is(found.code, 1);
  const [json = ''] = found.out.split('\n# ').reverse();
  const text = found.out.split('\n').filter((line) => !line.startsWith('#'));
  const findings = JSON.parse(text.join('')) as Record<string, unknown>[];
  assert.equal(findings.length, 1, json);
  assert.is(findings[0]?.['part'], 'queue');
  assert.is(findings[0]?.['file'], path);
  assert.is(findings[0]?.['position'], 20);
  assert.equal(findings[0]?.['touched'], [`${topic}/0/1`]);
  assert.match((await verifyStore('--repair')).out, '1 queues are rebuilt at its next start');
  await broker.stop();
  await broker.start();
  assert.ok(readFileSync(path).equals(whole), 'byte for byte');
  const report = readFileSync(join(machine.storeOf(broker), 'repair.report'), 'utf8');
  assert.match(report, '1 findings, rebuilt from the log');
  assert.is((await verifyStore()).code, 0);
  const stored = await readAll(broker.address, topic);
  assert.is([...stored.values()].flat().length, messages);
});

test('a damaged log is named, and nothing is rebuilt from it', async () => {
  // Within the body of the first message.
  const path = damage('commitlog', 90);
  const { code, out } = await verifyStore('--repair');
  assert.is(code, 1);
  assert.match(out, `log ${path} at 0: `);
  assert.match(out, 'the log itself is damaged, nothing can be rebuilt from it');
});

test.run();

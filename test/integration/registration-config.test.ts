/**
 * The two keys of a running broker that only name servers can see: how often it registers and how
 * long it waits for an answer. Two brokers, each with a name server in this process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AdminClient } from '../../src/admin/admin-client.ts';
import { encodeKvTable } from '../../src/remoting/bodies/kv-table.ts';
import { type Reply, reply } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { RemotingServer } from '../../src/remoting/server.ts';
import { freePort } from '../oracle/free-port.ts';
import { freshName, unasked } from './key-effect.ts';
import { Machine, type Server } from './servers.ts';

/** RocketMQ takes no shorter period. */
const periodMs = 10_000;
const shortTimeoutMs = 200;
/** Of the name server; the answer to a new topic waits no longer than 1 s for it. */
const answerMs = 800;

/** Hears registrations; answers each after a while, at once by default. */
class Listener {
  readonly #server: RemotingServer;
  readonly address: string;
  heard: number[] = [];
  answerAfterMs = 0;
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.address = `127.0.0.1:${port}`;
    const register = async (): Promise<Reply> => {
      this.heard.push(performance.now());
      for (const wake of this.#waiting.splice(0)) wake();
      if (this.answerAfterMs > 0) await delay(this.answerAfterMs);
      return reply(0, { body: encodeKvTable(new Map()) });
    };
    const handlers = new Map([[RequestCode.REGISTER_BROKER as number, register]]);
    const onFault = (error: unknown): never => {
      throw error;
    };
    const options = { bindAddress: '127.0.0.1', port };
    this.#server = new RemotingServer(options, handlers, { onFault });
  }

  listen(): Promise<void> {
    return this.#server.listen().then(() => undefined);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Milliseconds from now to the next registration. */
  async next(): Promise<number> {
    const from = performance.now();
    await new Promise<void>((resolve, reject) => {
      const tooLate = (): void => reject(new Error(`no registration within ${2 * periodMs} ms`));
      const timer = setTimeout(tooLate, 2 * periodMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return performance.now() - from;
  }
}

const registering = suite('registration of a running broker');
const machine = new Machine();
const admin = new AdminClient({ nameServers: [unasked] });
const listeners: Listener[] = [];

registering.after(async () => {
  await admin.close();
  await machine.close();
  for (const listener of listeners) await listener.close();
});

async function brokerOf(settings: Record<string, number>): Promise<[Server, Listener]> {
  const listener = new Listener(await freePort());
  await listener.listen();
  listeners.push(listener);
  return [await machine.broker([listener], settings), listener];
}

async function change(broker: Server, key: string, value: number): Promise<void> {
  await admin.config.updateBroker(broker.address, new Map([[key, String(value)]]));
}

/** One broker goes on with the new period, another was killed and started again with it. */
async function checkPeriod(isKilled: boolean): Promise<void> {
  const [broker, listener] = await brokerOf({ registerNameServerPeriod: 60_000 });
  await change(broker, 'registerNameServerPeriod', periodMs);
  if (isKilled) {
    await broker.kill();
    await broker.start();
  }
  const after = await listener.next();
  assert.ok(after > periodMs - 1000 && after < 2 * periodMs, `registered after ${after} ms`);
}

/** A new topic is answered when the name servers know it, or did not say so in time. */
async function topicMs(broker: Server): Promise<number> {
  const began = performance.now();
  await admin.topics.update(broker.address, {
    ...{ topicName: freshName('Told'), readQueueNums: 1, writeQueueNums: 1, perm: 6 },
    ...{ topicSysFlag: 0, order: false, attributes: new Map() },
  });
  return performance.now() - began;
}

async function checkTimeout(): Promise<void> {
  const [broker, listener] = await brokerOf({ registerBrokerTimeoutMills: 3000 });
  listener.answerAfterMs = answerMs;
  assert.ok((await topicMs(broker)) >= answerMs - 50, 'it waits for the name server');
  await change(broker, 'registerBrokerTimeoutMills', shortTimeoutMs);
  const waited = await topicMs(broker);
  assert.ok(waited >= shortTimeoutMs - 50 && waited < answerMs, `${waited} ms`);
  await broker.kill();
  listener.answerAfterMs = 0;
  await broker.start();
  listener.answerAfterMs = answerMs;
  const again = await topicMs(broker);
  assert.ok(again >= shortTimeoutMs - 50 && again < answerMs, `${again} ms`);
}

registering('registerBrokerTimeoutMills', checkTimeout);
registering('registerNameServerPeriod', async () => {
  await Promise.all([checkPeriod(false), checkPeriod(true)]);
});

registering.run();

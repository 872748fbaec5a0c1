import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Lifecycle, type Part } from '../../src/lifecycle/lifecycle.ts';
import { startFaultSentence } from '../../src/lifecycle/start-fault.ts';

function part(name: string, log: string[], fails: 'start' | 'stop' | null = null): Part {
  const step = (what: 'start' | 'stop') => async (): Promise<void> => {
    log.push(`${what} ${name}`);
    if (what === fails) throw new Error(`${name} broke`);
  };
  return { name, start: step('start'), stop: step('stop') };
}

test('parts stop in reverse order, once', async () => {
  const log: string[] = [];
  const lifecycle = new Lifecycle([part('a', log), part('b', log)]);
  await lifecycle.start();
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  assert.equal(log, ['start a', 'start b', 'stop b', 'stop a']);
});

test('a failed start stops what had started and only that', async () => {
  const log: string[] = [];
  const parts = [part('a', log), part('b', log, 'start'), part('c', log)];
  const failure = await new Lifecycle(parts).start().catch((error: Error) => error.message);
  assert.is(failure, 'b broke');
  assert.equal(log, ['start a', 'start b', 'stop a']);
});

test('a part that fails to stop does not keep others running', async () => {
  const log: string[] = [];
  const lifecycle = new Lifecycle([part('a', log), part('b', log, 'stop')]);
  await lifecycle.start();
  const failure = await lifecycle.stop().catch((error: unknown) => error);
  assert.instance(failure, AggregateError);
  assert.equal(log, ['start a', 'start b', 'stop b', 'stop a']);
});

test('a port in use is one sentence that says what to do', () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 9876 });
  assert.match(startFaultSentence(error), /^port 9876 is in use: .*listenPort/);
});

test.run();

import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../../src/cli/commands/all-commands.ts';
import { runProgram } from '../../src/cli/program.ts';

interface Run {
  code: number;
  out: string;
  error: string;
}

async function run(argv: string[], nameServer?: string): Promise<Run> {
  const out: string[] = [];
  const error: string[] = [];
  const code = await runProgram(argv, {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    nameServerVariable: nameServer,
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

test('without arguments every command is listed', async () => {
  const { code, out } = await run([]);
  assert.is(code, 0);
  for (const { name } of allCommands) assert.match(out, new RegExp(`^ {3}${name} `, 'm'));
});

test('an unknown command is named', async () => {
  const { code, out } = await run(['clusterLost']);
  assert.is(code, 1);
  assert.match(out, 'The sub command clusterLost not exist.');
});

test('help prints the options of a command in any case of its name', async () => {
  const { code, out } = await run(['help', 'TOPICROUTE']);
  assert.is(code, 0);
  assert.match(out, '-t, --topic <topic>');
});

test('a missing required option prints usage and fails', async () => {
  const { code, error } = await run(['topicRoute']);
  assert.is(code, 1);
  assert.match(error, "required option '-t, --topic <topic>'");
  assert.match(error, 'Usage: mqadmin topicRoute');
});

test('an exclusive choice wants exactly one', async () => {
  for (const argv of [['brokerStatus'], ['brokerStatus', '-b', 'x:1', '-c', 'y']]) {
    const { code, error } = await run(argv);
    assert.is(code, 1);
    assert.match(error, 'give exactly one of --brokerAddr, --clusterName');
  }
});

test('a number that is none is the user’s error, by name', async () => {
  const { code, error } = await run(['updateTopic', '-b', 'x:1', '-t', 'T', '-r', 'many']);
  assert.is(code, 1);
  assert.match(error, "readQueueNums must be a whole number from 1, not 'many'");
});

test('a name server that refuses is a one-line failure with its address', async () => {
  const { code, error } = await run(['topicList', '-n', '127.0.0.1:1']);
  assert.is(code, 1);
  assert.match(error, /^topicList failed: no name server answered: .*127\.0\.0\.1:1/);
  assert.is(error.split('\n').length, 1);
});

test('a name server that never answers ends in a timeout, not a hang', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const started = Date.now();
  const { code, error } = await run(['topicList'], `127.0.0.1:${address.port}`);
  assert.is(code, 1);
  assert.match(error, `127.0.0.1:${address.port}`);
  assert.ok(Date.now() - started < 8000);
  server.close();
});

test.run();

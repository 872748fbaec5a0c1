import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CommandLineEnd, parseServerCommandLine } from '../../src/config/command-line.ts';

test('RocketMQ options in short and long form', () => {
  const short = parseServerCommandLine('mqbroker', ['-c', 'a.conf', '-n', 'ns1:1,ns2:2', '-p']);
  assert.equal(short, { configFiles: ['a.conf'], namesrvAddr: 'ns1:1,ns2:2', print: 'all' });
  const long = parseServerCommandLine('mqbroker', ['--configFile', 'a.conf', '-m']);
  assert.equal(long, { configFiles: ['a.conf'], namesrvAddr: null, print: 'important' });
});

test('files are taken in their order, none is a list without any', () => {
  const two = parseServerCommandLine('mqbroker', ['-c', 'a.conf', '-n', 'ns:1', '-c', 'own.conf']);
  assert.equal(two.configFiles, ['a.conf', 'own.conf']);
  assert.equal(parseServerCommandLine('mqbroker', []).configFiles, []);
});

test('help ends with 0, what is unknown with 1', () => {
  const end = (argv: string[]): CommandLineEnd => {
    try {
      parseServerCommandLine('mqnamesrv', argv);
    } catch (error) {
      if (error instanceof CommandLineEnd) return error;
    }
    throw new Error('did not end');
  };
  assert.is(end(['-h']).exitCode, 0);
  assert.match(end(['-h']).message, '-c, --configFile');
  assert.is(end(['--nonsense']).exitCode, 1);
  assert.match(end(['--nonsense']).message, 'unknown option');
  assert.is(end(['-c']).exitCode, 1);
});

test.run();

import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../../src/cli/commands/all-commands.ts';
import { completion } from '../../src/cli/completion.ts';

/** What bash offers when the words of a line are typed up to the last one. */
function offered(...words: string[]): string[] {
  const script = [
    completion('bash', allCommands),
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_mqadmin',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.is(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, also behind help', () => {
  assert.equal(offered('mqadmin', 'topicR'), ['topicRoute']);
  assert.equal(offered('mqadmin', 'help', 'clusterL'), ['clusterList']);
  assert.equal(offered('mqadmin', 'completion', ''), ['bash', 'zsh']);
});

test('bash completes the options of the command', () => {
  assert.equal(offered('mqadmin', 'topicRoute', '--'), [
    '--topic',
    '--list',
    '--namesrvAddr',
    '--help',
  ]);
  assert.ok(offered('mqadmin', 'topicStatus', '--j').includes('--json'));
});

test('zsh knows every command and escapes descriptions', () => {
  const script = completion('zsh', allCommands);
  for (const { name } of allCommands) assert.match(script, `'${name}:`);
  assert.match(script, "Query consumer'\\''s progress");
});

test.run();

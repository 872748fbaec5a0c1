import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CommandOutput } from '../../src/cli/output.ts';
import { column, fixed, startTable } from '../../src/cli/table.ts';

const columns = [column('name', '#Name', 6), column('rate', '#Rate', 8, true)];

function printed(json: boolean, print: (out: CommandOutput) => void) {
  const out: string[] = [];
  const error: string[] = [];
  const sink = {
    out: (text: string) => void out.push(text),
    error: (t: string) => void error.push(t),
  };
  const output = new CommandOutput(sink, json);
  print(output);
  output.end();
  return { out, error, hasProblems: output.hasProblems };
}

test('a table is a header and padded rows', () => {
  const { out } = printed(false, (output) => startTable(output, columns)(['ab', fixed(1.5)]));
  assert.equal(out, ['#Name      #Rate', 'ab          1.50']);
});

test('the same table as JSON has values, in the order of the columns', () => {
  const { out } = printed(true, (output) => {
    const line = startTable(output, columns);
    line(['ab', fixed(1.5)]);
    line(['c', 2]);
  });
  assert.equal(JSON.parse(out.join('')), [
    { name: 'ab', rate: 1.5 },
    { name: 'c', rate: 2 },
  ]);
  assert.match(out[0] ?? '', /^\[\{"name":.*"rate":/);
});

test('an empty list is an empty array', () => {
  assert.equal(printed(true, () => undefined).out, ['[]']);
});

test('a problem is told once, apart from the answer', () => {
  const { out, error, hasProblems } = printed(true, (output) => {
    output.problem('connect to a:1 failed');
    output.problem('connect to a:1 failed');
  });
  assert.equal(out, ['[]']);
  assert.equal(error, ['# connect to a:1 failed']);
  assert.is(hasProblems, true);
});

test.run();

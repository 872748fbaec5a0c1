import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatMillis, front, javaMap, row } from '../../src/cli/output.ts';

test('columns pad to the left or right and never cut', () => {
  const columns = [{ width: 6 }, { width: 4, right: true }];
  assert.is(row(columns, ['ab', 7]), 'ab         7');
  assert.is(row(columns, ['abcdefgh', 12345]), 'abcdefgh  12345');
  assert.is(row(columns, ['ab', 7], ' '), 'ab        7');
});

test('front cuts to the size', () => {
  assert.is(front('abcdef', 3), 'abc');
  assert.is(front('ab', 3), 'ab');
});

test('times are local with milliseconds behind a comma', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  assert.is(formatMillis(at), '2026-01-02 03:04:05,006');
});

test('maps print as Java prints them', () => {
  assert.is(javaMap(new Map([[0, 'a:1']])), '{0=a:1}');
  assert.is(javaMap([]), '{}');
});

test.run();

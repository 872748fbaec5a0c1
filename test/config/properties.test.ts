import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodePropertyBytes, parseProperties } from '../../src/config/properties.ts';

function pairs(text: string): [string, string][] {
  return parseProperties(text).map(({ key, value }) => [key, value]);
}

test('equals sign, colon and blanks separate key and value', () => {
  assert.equal(pairs('a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf\n=g\nh=\n'), [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
    ['e', '5'],
    ['f', ''],
    ['', 'g'],
    ['h', ''],
  ]);
});

test('only the first separator counts', () => {
  assert.equal(pairs('namesrvAddr=ns1:9876;ns2:9876\nx a=b'), [
    ['namesrvAddr', 'ns1:9876;ns2:9876'],
    ['x', 'a=b'],
  ]);
});

test('comments and blank lines are skipped', () => {
  assert.equal(pairs('# a=1\n  ! b=2\n\n \t\nc=3 # no comment'), [['c', '3 # no comment']]);
});

test('a backslash at the end continues the line, two do not', () => {
  assert.equal(pairs('a=1,\\\n   2,\\\n\t3\nb=c\\\\\nd=4'), [
    ['a', '1,2,3'],
    ['b', 'c\\'],
    ['d', '4'],
  ]);
});

test('escapes are resolved in keys and values', () => {
  assert.equal(pairs('a\\ b\\:c=\\u4e2d\\t\\n\\q\\\\'), [['a b:c', '中\t\nq\\']]);
});

test('all line ends count, and lines are numbered', () => {
  const lines = parseProperties('a=1\r\n\rb=2\nc=3\\\n4\nd=5');
  assert.equal(
    lines.map(({ line, lastLine }) => [line, lastLine]),
    [
      [1, 1],
      [3, 3],
      [4, 5],
      [6, 6],
    ],
  );
});

test('UTF-8 is read as such, other bytes as ISO-8859-1', () => {
  assert.is(decodePropertyBytes(Buffer.from('a=中')), 'a=中');
  assert.is(decodePropertyBytes(Buffer.from('a=é', 'latin1')), 'a=é');
});

test.run();

import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { JsonError, parseJson, stringifyJson } from '../../src/remoting/fastjson.ts';

test('integer keys without quotes become their digits', () => {
  assert.equal(
    parseJson('{0:"a:1",-1:"b"}'),
    new Map([
      ['0', 'a:1'],
      ['-1', 'b'],
    ]),
  );
});

test('objects as keys stay objects', () => {
  const parsed = parseJson('{{"topic":"T","queueId":0}:{"maxOffset":5}}');
  assert.instance(parsed, Map);
  const [[key, value]] = [...(parsed as Map<unknown, unknown>)] as [[unknown, unknown]];
  assert.equal(
    key,
    new Map<string, unknown>([
      ['topic', 'T'],
      ['queueId', 0],
    ]),
  );
  assert.equal(value, new Map([['maxOffset', 5]]));
});

test('what fastjson tolerates is accepted', () => {
  assert.equal(
    parseJson("{a:'x',b:[1,2,],}"),
    new Map<string, unknown>([
      ['a', 'x'],
      ['b', [1, 2]],
    ]),
  );
  assert.is(parseJson(' "\\u4e2d\\x41\\/" '), '中A/');
  assert.is(parseJson('9223372036854775807'), 9223372036854775807n);
});

test('what is no JSON is refused with its place', () => {
  for (const text of [
    '',
    '{',
    '[1',
    '{"a"}',
    '{"a":}',
    '"abc',
    'tru',
    '1 2',
    '{]',
    '\\',
    '"\\u12"',
  ]) {
    assert.throws(
      () => parseJson(text),
      (error: unknown) => error instanceof JsonError,
      text,
    );
  }
});

test('deep nesting is refused, not a stack overflow', () => {
  assert.throws(() => parseJson('['.repeat(100_000)), /nested deeper/);
  assert.throws(() => parseJson('{'.repeat(100_000)), /nested deeper/);
});

test('a prototype cannot be reached', () => {
  const parsed = parseJson('{"__proto__":{"polluted":1}}');
  assert.is((parsed as Map<string, unknown>).size, 1);
  assert.is(Reflect.get({}, 'polluted'), undefined);
});

test('the writer makes the two forms of fastjson', () => {
  assert.is(
    stringifyJson(
      new Map([
        [0, 'a'],
        [1, 'b'],
      ]),
    ),
    '{0:"a",1:"b"}',
  );
  const queues = new Map([[{ topic: 'T', brokerName: 'b', queueId: 0 }, { maxOffset: 1 }]]);
  assert.is(stringifyJson(queues), '{{"brokerName":"b","queueId":0,"topic":"T"}:{"maxOffset":1}}');
});

test('standard style quotes keys and escapes all but ASCII', () => {
  assert.is(
    stringifyJson({ m: new Map([[0, 'é中']]) }, { standard: true }),
    '{"m":{"0":"\\u00E9\\u4E2D"}}',
  );
});

test('members are sorted, absent ones left out', () => {
  assert.is(stringifyJson({ b: 1, a: null, c: undefined, A: [null] }), '{"A":[null],"b":1}');
});

test('every standard JSON value reads as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const normal = (value: unknown): unknown => {
        if (value instanceof Map) {
          return Object.fromEntries([...value].map(([key, member]) => [key, normal(member)]));
        }
        return Array.isArray(value)
          ? value.map(normal)
          : Number(value) === value
            ? value + 0
            : value;
      };
      const expected: unknown = JSON.parse(text, (key, value: unknown) =>
        key === '__proto__' ? undefined : value,
      );
      if (!text.includes('__proto__') && !/\d{16}/.test(text)) {
        assert.equal(normal(parseJson(text)), expected);
      }
    }),
  );
});

test.run();

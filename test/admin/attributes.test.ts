import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAttributes } from '../../src/admin/attributes.ts';
import { propertiesOf, propertiesText } from '../../src/admin/properties.ts';

test('attributes add with + and remove with -', () => {
  assert.equal(
    [...parseAttributes('+a=b, -e')],
    [
      ['+a', 'b'],
      ['-e', ''],
    ],
  );
  assert.is(parseAttributes('').size, 0);
  for (const wrong of ['a=b', '+a', '-e=1', '+a=b,+a=c', '+']) {
    assert.throws(() => parseAttributes(wrong), 'attribute');
  }
});

test('properties round-trip and drop what Java drops', () => {
  const text = propertiesText([
    ['KEYS', 'k'],
    ['TAGS', null],
    ['UNIQ_KEY', 'u1'],
  ]);
  assert.is(text, 'KEYS\u0001k\u0002UNIQ_KEY\u0001u1\u0002');
  assert.equal(
    [...propertiesOf(text)],
    [
      ['KEYS', 'k'],
      ['UNIQ_KEY', 'u1'],
    ],
  );
  assert.equal([...propertiesOf('EMPTY\u0001\u0002A\u0001b')], [['A', 'b']]);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { placeOf } from '../../src/model/message-id.ts';

test('an offset id names its place, any other text none', () => {
  assert.equal(placeOf('0A00000100002A9F0000000000003039'), {
    address: '10.0.0.1:10911',
    physicalOffset: 12345,
  });
  assert.is(placeOf('hello'), null);
  // A unique id has the same shape; its port field is out of range.
  assert.is(placeOf('7F0000016E2F18B4AAC22F6C8B4E0000'), null);
});

test.run();

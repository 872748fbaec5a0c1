import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeRecords, RecordError } from '../../src/admin/message-record.ts';

/** The first sample record of RocketMQ's encoder, hosts IPv4, with offsets and times unfilled. */
const sample = Buffer.from(
  [
    '0000006edaa320a7000000000000000300000007000000000000000000000000',
    '000000000000000000000000000003e80a000002000004d20000000000000000',
    '0a00000100002a9f000000050000000000000063000000026869025431000f4b',
    '455953016b310254414753014102',
  ].join(''),
  'hex',
);

test('a record of RocketMQ’s encoder decodes field by field', () => {
  const [message, ...more] = decodeRecords(sample);
  assert.ok(message);
  assert.is(more.length, 0);
  assert.is(message.topic, 'T1');
  assert.is(message.body.toString(), 'hi');
  assert.is(message.queueId, 3);
  assert.is(message.flag, 7);
  assert.is(message.bornTimestamp, 1000);
  assert.is(message.bornHost, '10.0.0.2:1234');
  assert.is(message.storeHost, '10.0.0.1:10911');
  assert.is(message.reconsumeTimes, 5);
  assert.is(message.preparedTransactionOffset, 99);
  assert.equal(
    [...message.properties],
    [
      ['KEYS', 'k1'],
      ['TAGS', 'A'],
    ],
  );
  assert.is(message.offsetMessageId, '0A00000100002A9F0000000000000000');
});

test('records back to back decode in order', () => {
  assert.is(decodeRecords(Buffer.concat([sample, sample])).length, 2);
});

test('broken bytes are a RecordError, never a crash', () => {
  for (let cut = 1; cut < sample.length; cut++) {
    assert.throws(
      () => decodeRecords(sample.subarray(0, cut)),
      (error: unknown) => error instanceof RecordError,
    );
  }
  const longBody = Buffer.from(sample);
  longBody.writeInt32BE(0x7fffffff, 84);
  assert.throws(
    () => decodeRecords(longBody),
    (error: unknown) => error instanceof RecordError,
  );
});

test.run();

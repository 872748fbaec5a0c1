import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeHeartbeat } from '../../../src/broker/clients/heartbeat-body.ts';

function versionRead(written: string): number | undefined {
  const subscription = `{"topic":"T","subString":"*","subVersion":${written}}`;
  const consumer = `{"groupName":"G","subscriptionDataSet":[${subscription}]}`;
  const beat = decodeHeartbeat(Buffer.from(`{"clientID":"c","consumerDataSet":[${consumer}]}`));
  return beat.consumerDataSet[0]?.subscriptionDataSet[0]?.subVersion;
}

test('a version in milliseconds is read exactly', () => {
  assert.is(versionRead('1795540370402'), 1795540370402);
});

test('a version in nanoseconds, as the Go client sends it, is never read as an older one', () => {
  for (const written of ['1795540370402000001', '1795540370402000127', '1795540370402000129']) {
    const read = versionRead(written);
    assert.ok(read !== undefined && BigInt(read) >= BigInt(written), `${written} became ${read}`);
  }
});

test('a version past int64 is refused', () => {
  assert.throws(() => versionRead('9223372036854775808'), /subVersion/);
});

test.run();

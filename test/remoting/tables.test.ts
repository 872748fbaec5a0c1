import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32 } from '../../src/remoting/crc32.ts';
import { languageNamed, languageOf, languageOrdinal } from '../../src/remoting/language.ts';
import { RequestCode, requestCodeName } from '../../src/remoting/request-code.ts';
import { ResponseCode, responseCodeName } from '../../src/remoting/response-code.ts';
import { Version, versionName, versionOrdinal } from '../../src/remoting/version.ts';

test('versions have the ordinals that RocketMQ gives them', () => {
  for (const [name, ordinal] of Object.entries(Version)) {
    assert.is(versionOrdinal(name), ordinal, name);
    assert.is(versionName(ordinal), name);
  }
  assert.is(versionName(0), 'V3_0_0_SNAPSHOT');
  assert.is(versionName(611), 'V5_9_9');
  assert.is(versionName(612), 'HIGHER_VERSION');
  assert.is(versionName(100_000), 'HIGHER_VERSION');
  assert.is(versionOrdinal('V9_9_9'), null);
});

test('languages go by name and number, unknown ones read as OTHER', () => {
  assert.is(languageOf(13), 'NODE_JS');
  assert.is(languageOrdinal('RUST'), 12);
  assert.is(languageOf(99), 'OTHER');
  assert.is(languageNamed('COBOL'), 'OTHER');
  assert.is(languageNamed(null), 'OTHER');
});

test('no two request or response codes share a number', () => {
  for (const table of [RequestCode, ResponseCode]) {
    const codes = Object.values(table);
    assert.is(new Set(codes).size, codes.length);
  }
  assert.is(requestCodeName(200050), 'POP_MESSAGE');
  assert.is(requestCodeName(-1), null);
  assert.is(responseCodeName(17), 'TOPIC_NOT_EXIST');
});

test('crc32 is the checksum of RocketMQ, masked to 31 bits', () => {
  assert.is(crc32(Buffer.from('123456789')), 0xcbf43926 & 0x7fffffff);
  assert.is(crc32(Buffer.alloc(0)), 0);
});

test.run();

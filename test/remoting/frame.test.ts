import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FrameError } from '../../src/remoting/errors.ts';
import { decodeFrame, encodeFrame, FrameReader } from '../../src/remoting/frame.ts';
import {
  createRequest,
  createResponse,
  type HeaderEncoding,
  isOneway,
  isResponse,
  reply,
} from '../../src/remoting/remoting-command.ts';

const ENCODINGS: HeaderEncoding[] = ['JSON', 'ROCKETMQ'];
const TEXT = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

test('any request survives both encodings', () => {
  const fields = fc.array(fc.tuple(TEXT, TEXT), { maxLength: 8 });
  const body = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(fields, body, fc.constantFrom(...ENCODINGS), (pairs, bytes, encoding) => {
      const sent = createRequest(310, { extFields: new Map(pairs), body: bytes, encoding });
      const read = decodeFrame(encodeFrame(sent).subarray(4));
      assert.equal(new Map([...read.extFields].sort()), new Map([...sent.extFields].sort()));
      assert.equal(Buffer.from(read.body), Buffer.from(bytes));
      assert.is(read.opaque, sent.opaque);
      assert.is(read.encoding, encoding);
    }),
  );
});

test('field names of the prototype are plain fields', () => {
  const extFields = new Map([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
  for (const encoding of ENCODINGS) {
    const read = decodeFrame(encodeFrame(createRequest(1, { extFields, encoding })).subarray(4));
    assert.is(read.extFields.get('__proto__'), 'a');
    assert.is(read.extFields.get('constructor'), 'b');
  }
});

test('an answer echoes opaque and encoding and has the response bit', () => {
  for (const encoding of ENCODINGS) {
    const request = createRequest(105, { encoding, oneway: true });
    const answer = createResponse(request, reply(17, { remark: 'none' }));
    const read = decodeFrame(encodeFrame(answer).subarray(4));
    assert.ok(isOneway(request));
    assert.ok(isResponse(read));
    assert.is(read.opaque, request.opaque);
    assert.is(read.encoding, encoding);
    assert.is(read.code, 17);
    assert.is(read.remark, 'none');
  }
});

test('codes over 32,767 come back from their wrapped form in requests only', () => {
  for (const code of [200050, 200051, 200052, 200053, 200054, 200055, 200056, 200151]) {
    const frame = encodeFrame(createRequest(code, { encoding: 'ROCKETMQ' }));
    assert.is(decodeFrame(frame.subarray(4)).code, code);
  }
  const answer = createResponse(createRequest(1, { encoding: 'ROCKETMQ' }), reply(3442));
  assert.is(decodeFrame(encodeFrame(answer).subarray(4)).code, 3442);
});

test('random bytes decode or are refused, never anything else', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 2 }),
      (bytes, mark) => {
        const frame = Buffer.concat([Buffer.from([mark, 0, 0]), Buffer.from(bytes)]);
        try {
          decodeFrame(frame);
        } catch (error) {
          assert.instance(error, FrameError);
        }
      },
    ),
    { numRuns: 5000 },
  );
});

test('a frame with any one byte changed decodes or is refused', () => {
  const extFields = { topic: 'T', producerGroup: 'g' };
  for (const encoding of ENCODINGS) {
    const frame = encodeFrame(createRequest(310, { extFields, encoding })).subarray(4);
    for (let at = 0; at < frame.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const mutated = Buffer.from(frame);
        mutated[at] = value;
        try {
          decodeFrame(mutated);
        } catch (error) {
          assert.instance(error, FrameError);
        }
      }
    }
  }
});

test('a reader gives the same frames however the bytes are cut', () => {
  const sent = Array.from({ length: 5 }, (_, at) =>
    encodeFrame(createRequest(at, { body: Buffer.alloc(at * 700, at) })),
  );
  const stream = Buffer.concat(sent);
  for (const size of [1, 3, 7, 64, 5000]) {
    const reader = new FrameReader();
    const read: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) {
      read.push(...reader.push(stream.subarray(at, at + size)));
    }
    assert.equal(
      read.map((frame) => frame.toString('hex')),
      sent.map((frame) => frame.subarray(4).toString('hex')),
    );
    assert.is(reader.heldBytes, 0);
  }
});

test('a reader refuses lengths that no frame has', () => {
  for (const length of [-1, 0, 3, 0x7fffffff, 16_777_213]) {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(length);
    assert.throws(() => [...new FrameReader().push(bytes)], /frame length/);
  }
});

test('a reader accepts the largest frame, and holds only what arrived', () => {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(16_777_212);
  const reader = new FrameReader();
  assert.equal([...reader.push(bytes)], []);
  assert.is(reader.heldBytes, 8);
});

test.run();

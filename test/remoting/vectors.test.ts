import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFrame, encodeFrame } from '../../src/remoting/frame.ts';
import { languageNamed } from '../../src/remoting/language.ts';
import type { HeaderEncoding, RemotingCommand } from '../../src/remoting/remoting-command.ts';

interface FrameVector {
  name: string;
  encoding: HeaderEncoding;
  code: number;
  language: string;
  version: number;
  opaque: number;
  flag: number;
  remark: string | null;
  extFields: Record<string, string>;
  bodyHex: string;
  frameHex: string;
}

const path = fileURLToPath(new URL('../../../test/vectors/frames.json', import.meta.url));
const vectors = JSON.parse(readFileSync(path, 'utf8')) as FrameVector[];

function commandOf(vector: FrameVector): RemotingCommand {
  return {
    code: vector.code,
    language: languageNamed(vector.language),
    version: vector.version,
    opaque: vector.opaque,
    flag: vector.flag,
    remark: vector.remark,
    extFields: new Map(Object.entries(vector.extFields)),
    body: Buffer.from(vector.bodyHex, 'hex'),
    encoding: vector.encoding,
  };
}

function comparable(command: RemotingCommand): unknown {
  return {
    ...command,
    extFields: Object.fromEntries([...command.extFields].sort()),
    body: Buffer.from(command.body).toString('hex'),
  };
}

test('there are vectors of both encodings', () => {
  const encodings = new Set(vectors.map((vector) => vector.encoding));
  assert.equal([...encodings].sort(), ['JSON', 'ROCKETMQ']);
});

for (const vector of vectors) {
  test(`${vector.name} in ${vector.encoding} decodes to its fields`, () => {
    const decoded = decodeFrame(Buffer.from(vector.frameHex, 'hex').subarray(4));
    assert.equal(comparable(decoded), comparable(commandOf(vector)));
  });

  test(`${vector.name} in ${vector.encoding} encodes to its bytes`, () => {
    const frame = Buffer.from(vector.frameHex, 'hex');
    // Java writes fields in the order of a hash map; ours writes them in the order given.
    const { extFields } = decodeFrame(frame.subarray(4));
    assert.is(encodeFrame({ ...commandOf(vector), extFields }).toString('hex'), vector.frameHex);
  });
}

test.run();

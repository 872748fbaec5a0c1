// Writes the seed corpus from test/vectors: one file for each vector, named after its number.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const vectors = (name) =>
  JSON.parse(readFileSync(join(here, '../../test/vectors', `${name}.json`), 'utf8'));

function seed(target, inputs) {
  const folder = join(here, 'corpus', target);
  mkdirSync(folder, { recursive: true });
  inputs.forEach((bytes, index) => {
    writeFileSync(join(folder, `seed-${index}`), bytes);
  });
}

const bytesOf = (hex) => Buffer.from(hex, 'hex');
const headerOf = (frame) => frame.subarray(8, 8 + frame.readUIntBE(5, 3));
const frames = vectors('frames').map((vector) => bytesOf(vector.frameHex));
seed('frame', frames);
seed('header_json', frames.filter((frame) => frame[4] === 0).map(headerOf));
seed('header_binary', frames.filter((frame) => frame[4] === 1).map(headerOf));
seed('record', vectors('records').map((vector) => bytesOf(vector.placedHex)));
seed('batch', vectors('batches').map((vector) => bytesOf(vector.batchHex)));

// A store of one segment: flags, then the vectors' records from position 0 on. The target mends
// their positions (8); the other flags add an abort file (1), zeros for a checkpoint (2) and for a
// queue file (4), SYNC_FLUSH (16).
const records = Buffer.concat(vectors('records').map((vector) => bytesOf(vector.placedHex)));
const log = records.subarray(0, 8192);
const nextSegment = Buffer.concat([log, Buffer.alloc(8192 - log.length), log]);
const withFlags = (flags, ...parts) => Buffer.concat([Buffer.of(flags), ...parts]);
seed('recovery', [
  withFlags(8, log),
  withFlags(9 + 16, log),
  withFlags(15, Buffer.alloc(112), Buffer.alloc(400), log),
  withFlags(9, nextSegment),
]);

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

// A store: flags (src/store_image.rs), then its parts, at last the vectors' records from position 0
// on, one to three segments of them.
const segmentBytes = 4096;
const records = Buffer.concat(vectors('records').map((vector) => bytesOf(vector.placedHex)));
const log = Buffer.concat([records, records, records]).subarray(0, segmentBytes - 64);
// Its size is mended by the target.
const filler = bytesOf('00000000cbd43194');
const closed = Buffer.alloc(segmentBytes);
closed.set(records);
closed.set(filler, records.length);
const torn = Buffer.concat([records, Buffer.alloc(segmentBytes - records.length), records]);
const [abort, checkpoint, queue, mend, sync, number, index] = [1, 2, 4, 8, 16, 32, 64];
const withFlags = (flags, ...parts) => Buffer.concat([Buffer.of(flags), ...parts]);
const small = records.subarray(0, 110 + 111 + 122);
seed('recovery', [
  withFlags(mend + number, small),
  withFlags(mend + number + abort + sync, log),
  withFlags(mend + abort + checkpoint + queue, Buffer.alloc(112), Buffer.alloc(400), log),
  withFlags(mend + number + abort, torn),
  withFlags(mend + number, closed, closed, small),
  withFlags(mend + number + checkpoint, Buffer.alloc(112, 0x11), closed, closed, small),
  withFlags(mend + number + index + abort, Buffer.alloc(424), closed, small),
]);

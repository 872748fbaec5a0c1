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
const [abort, checkpoint, queue, mend, sync, number] = [1, 2, 4, 8, 16, 32];
const [index, journal] = [64, 128];
const withFlags = (flags, ...parts) => Buffer.concat([Buffer.of(flags), ...parts]);
const small = records.subarray(0, 110 + 111 + 122);
/** A run of entries of equal size, the first one's record at `position`, with its length. */
const runOf = (topic, queueId, first, position, size, count) => {
  const run = Buffer.alloc(1 + topic.length + 16 + count * 20);
  let at = run.writeUInt8(topic.length);
  at += run.write(topic, at, 'latin1');
  at = run.writeUInt32BE(queueId, at);
  at = run.writeBigUInt64BE(BigInt(first), at);
  at = run.writeUInt32BE(count, at);
  for (let nth = 0; nth < count; nth += 1) {
    at = run.writeBigUInt64BE(BigInt(position + nth * size), at);
    at = run.writeUInt32BE(size, at) + 8;
  }
  return Buffer.concat([Buffer.of(run.length), run]);
};
/** The second file is the newer one; the target mends the rest. */
const counting = Buffer.alloc(112);
counting.writeBigUInt64BE(BigInt(small.length), 48);
counting.writeUInt32BE(4, 56);
const journals = Buffer.concat([runOf('T', 0, 0, 0, 110, 2), runOf('T', 0, 2, 220, 120, 1)]);
seed('recovery', [
  withFlags(mend + number, small),
  withFlags(mend + number + abort + sync, log),
  withFlags(mend + abort + checkpoint + queue, Buffer.alloc(112), Buffer.alloc(400), log),
  withFlags(mend + number + abort, torn),
  withFlags(mend + number, closed, closed, small),
  withFlags(mend + number + checkpoint, Buffer.alloc(112, 0x11), closed, closed, small),
  withFlags(mend + number + index + abort, Buffer.alloc(424), closed, small),
  withFlags(mend + number + checkpoint + journal + abort, counting, journals, small, small),
]);

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

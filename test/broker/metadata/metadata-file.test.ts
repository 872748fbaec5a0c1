import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MetadataFile } from '../../../src/broker/metadata/metadata-file.ts';

const metadata = suite('metadata file');
let folder: string;
metadata.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'turbopump-metadata-'));
});
metadata.after.each(() => {
  rmSync(folder, { recursive: true, force: true });
});

function numberFile(value: () => number) {
  const writes: number[] = [];
  const file = new MetadataFile<number>(join(folder, 'deep', 'n.json'), {
    encode: () => {
      writes.push(value());
      return JSON.stringify({ n: value() });
    },
    decode: (text) => {
      const json: unknown = JSON.parse(text);
      if (typeof json !== 'object' || json === null || !('n' in json)) throw new Error('no n');
      return Number(json.n);
    },
  });
  return { file, writes };
}

metadata(
  'a burst of saves is two writes, and each holds what was there when it began',
  async () => {
    let value = 1;
    const { file, writes } = numberFile(() => value);
    const first = file.save();
    await Promise.resolve();
    await Promise.resolve();
    const saves = [first];
    for (value = 2; value < 50; value++) saves.push(file.save());
    await Promise.all(saves);
    assert.ok(writes.length <= 3, `${writes.length} writes`);
    assert.is(await file.load(() => assert.unreachable()), 50);
  },
);

metadata('the content before the last one is in .bak and no temporary file is left', async () => {
  let value = 1;
  const { file } = numberFile(() => value);
  await file.save();
  value = 2;
  await file.save();
  assert.equal(readdirSync(join(folder, 'deep')).sort(), ['n.json', 'n.json.bak']);
  assert.is(readFileSync(`${file.path}.bak`, 'utf8'), '{"n":1}');
});

metadata('a missing, empty or torn file falls back to .bak and is reported', async () => {
  const { file } = numberFile(() => 0);
  mkdirSync(join(folder, 'deep'));
  const rejected: string[] = [];
  const load = () => file.load((path) => rejected.push(path));
  assert.is(await load(), null);
  writeFileSync(`${file.path}.bak`, '{"n":7}');
  assert.is(await load(), 7, 'missing: a crash between the two renames');
  assert.equal(rejected, []);
  writeFileSync(file.path, '');
  assert.is(await load(), 7);
  writeFileSync(file.path, '{"n":8');
  assert.is(await load(), 7);
  assert.equal(rejected, [file.path, file.path]);
});

metadata('a save that fails is told to who asked, and the next one works', async () => {
  const { file } = numberFile(() => 1);
  writeFileSync(join(folder, 'deep'), 'a file where the folder should be');
  let failure: unknown;
  await file.save().catch((error: unknown) => {
    failure = error;
  });
  assert.instance(failure, Error);
  rmSync(join(folder, 'deep'));
  await file.save();
  assert.is(readFileSync(file.path, 'utf8'), '{"n":1}');
});

metadata.run();

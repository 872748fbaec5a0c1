import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChangeLog } from '../../../src/broker/metadata/change-log.ts';

const changes = suite('change log');
let folder: string;
let path: string;
changes.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'turbopump-changes-'));
  path = join(folder, 'n.json.changes');
});
changes.after.each(() => {
  rmSync(folder, { recursive: true, force: true });
});

changes('what was appended follows its base, and no other', async () => {
  const log = new ChangeLog(path);
  await Promise.all([log.append('one', 'a'), log.append('one', 'b')]);
  await log.append('one', 'c');
  const other = new ChangeLog(path);
  assert.equal(await other.changesSince('one'), ['a', 'b', 'c']);
  assert.equal(await other.changesSince('two'), []);
  await log.close();
});

changes('another base begins the file anew', async () => {
  const log = new ChangeLog(path);
  await log.append('one', 'a');
  await Promise.all([log.append('two', 'b'), log.append('two', 'c')]);
  assert.is(readFileSync(path, 'utf8'), 'two\nb\nc\n');
  await log.close();
});

changes('a torn last line is none, and a missing file has none', async () => {
  const log = new ChangeLog(path);
  assert.equal(await log.changesSince('one'), []);
  await log.append('one', 'a');
  appendFileSync(path, 'half a li');
  assert.equal(await new ChangeLog(path).changesSince('one'), ['a']);
  await log.close();
});

changes('a folder that is not there fails whoever appends', async () => {
  const log = new ChangeLog(join(folder, 'absent', 'n.changes'));
  const appended = await log.append('one', 'a').then(
    () => 'durable',
    () => 'failed',
  );
  assert.is(appended, 'failed');
  await log.close();
});

changes.run();

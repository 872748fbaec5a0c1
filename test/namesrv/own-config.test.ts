import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namesrvSettings } from '../../src/config/roles.ts';
import type { Settings } from '../../src/config/settings.ts';
import { applyOwnConfig, ConfigKeeper } from '../../src/namesrv/own-config.ts';

const own = suite('own configuration of a name server');
let folder: string;
own.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'turbopump-namesrv-'));
});
own.after.each(() => rmSync(folder, { recursive: true, force: true }));

function settings(): Settings {
  const made = namesrvSettings();
  made.set('kvConfigPath', join(folder, 'kvConfig.json'));
  return made;
}

own('a change without -c is read by the next start without -c', async () => {
  const running = settings();
  running.set('enableTopicList', false);
  running.set('waitSecondsForService', 7);
  const keeper = new ConfigKeeper(running, null);
  await Promise.all([keeper.keep(['enableTopicList']), keeper.keep(['waitSecondsForService'])]);
  const next = settings();
  applyOwnConfig(next);
  assert.is(next.boolean('enableTopicList'), false);
  assert.is(next.integer('waitSecondsForService'), 7);
});

own('of a file that RocketMQ left there, no path or port is obeyed', () => {
  const file = join(folder, 'namesrv.properties');
  writeFileSync(
    file,
    'listenPort=1\nrocketmqHome=/elsewhere\nnoSuchKey=1\nenableTopicList=false\n',
  );
  const next = settings();
  const home = next.textOrNull('rocketmqHome');
  applyOwnConfig(next);
  assert.is(next.integer('listenPort'), 9876);
  assert.is(next.textOrNull('rocketmqHome'), home);
  assert.is(next.boolean('enableTopicList'), false);
});

own('with -c its file is written, and no other', async () => {
  const file = join(folder, 'mine.conf');
  writeFileSync(file, '# mine\n');
  const running = settings();
  running.set('enableTopicList', false);
  await new ConfigKeeper(running, file).keep(['enableTopicList']);
  assert.is(readFileSync(file, 'utf8'), '# mine\nenableTopicList=false\n');
  const next = settings();
  applyOwnConfig(next);
  assert.is(next.boolean('enableTopicList'), true);
});

own.run();

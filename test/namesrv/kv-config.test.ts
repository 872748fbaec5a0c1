import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLogger } from '../../src/logging/logger.ts';
import { KvConfig } from '../../src/namesrv/kv-config.ts';

async function withFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-kv-'));
  try {
    await body(join(folder, 'kvConfig.json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function loaded(path: string): Promise<KvConfig> {
  const kv = new KvConfig(path, silentLogger());
  await kv.load();
  return kv;
}

test('an acknowledged pair survives a restart, in the shape of Java', () =>
  withFolder(async (path) => {
    const kv = await loaded(path);
    await kv.put('NS', 'k', 'v');
    const file = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    assert.equal(file, { configTable: { NS: { k: 'v' } } });
    assert.is((await loaded(path)).get('NS', 'k'), 'v');
  }));

test('changes made at the same time are all kept', () =>
  withFolder(async (path) => {
    const kv = await loaded(path);
    await Promise.all(Array.from({ length: 20 }, (_, at) => kv.put('NS', `k${at}`, 'v')));
    await kv.remove('NS', 'k0');
    assert.is((await loaded(path)).namespace('NS')?.size, 19);
  }));

test('a change that cannot be written is refused and not seen', () =>
  withFolder(async (path) => {
    const kv = await loaded(path);
    mkdirSync(`${path}.tmp`);
    const failure = await kv.put('NS', 'k', 'v').catch((error: unknown) => error);
    assert.instance(failure, Error);
    assert.is(kv.get('NS', 'k'), null);
  }));

test('a damaged file does not stop a start and is kept aside', () =>
  withFolder(async (path) => {
    const first = await loaded(path);
    await first.put('NS', 'k', 'old');
    await first.put('NS', 'k', 'new');
    writeFileSync(path, '{"configTable":{"NS":{"k":"n');
    const kv = await loaded(path);
    assert.is(kv.get('NS', 'k'), 'old');
    assert.ok(existsSync(`${path}.damaged`));
  }));

test.run();

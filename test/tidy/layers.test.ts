/** Who may import whom (ARCHITECTURE.md, "Layers"). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type SourceFile, sources } from './tree.ts';

/** Folder of src/ → folders of src/ it may import. Absent means: everything (main, index). */
const mayImport: Record<string, string[]> = {
  model: [],
  logging: [],
  config: ['model', 'logging'],
  lifecycle: ['model', 'logging'],
  metrics: ['model', 'logging'],
  remoting: ['model', 'logging'],
  dataplane: ['model', 'logging'],
  admin: ['model', 'logging', 'remoting', 'config'],
  cli: ['model', 'logging', 'remoting', 'config', 'admin'],
  namesrv: ['model', 'logging', 'remoting', 'config', 'lifecycle', 'metrics'],
  broker: ['model', 'logging', 'remoting', 'config', 'lifecycle', 'metrics', 'dataplane'],
};

const crates: Record<string, string[]> = {
  wire: [],
  store: ['wire'],
  transport: ['wire'],
  replication: ['wire', 'store'],
  dataplane: ['wire', 'store', 'transport', 'replication'],
  addon: ['wire', 'store', 'dataplane'],
  loadgen: ['wire', 'transport'],
};

function importedFolders(file: SourceFile): string[] {
  const targets = [...file.text.matchAll(/from '(\.[^']*)'/g)].map((match) => match[1] ?? '');
  return targets.map(
    (target) => new URL(target, `file:///${file.path}`).pathname.split('/')[2] ?? '',
  );
}

test('folders of src/ import only what lies below them', () => {
  const wrong: string[] = [];
  const files = sources(/^src\/[^/]+\/.*\.ts$/);
  assert.ok(files.length > 20, 'the rule must see the tree');
  for (const file of files) {
    const folder = file.path.split('/')[1] ?? '';
    if (folder === 'main') continue;
    const allowed = mayImport[folder];
    if (allowed === undefined) {
      wrong.push(`${file.path}: folder ${folder} has no import rule`);
      continue;
    }
    for (const target of importedFolders(file)) {
      if (target === folder || allowed.includes(target)) continue;
      wrong.push(`${file.path} imports src/${target}`);
    }
  }
  assert.equal(wrong, []);
});

test('only src/dataplane imports the addon', () => {
  const importers = sources(/^(src|bench)\/.*\.ts$/)
    .filter((file) => /['"]#native['"]/.test(file.text))
    .map((file) => file.path);
  assert.equal(importers, ['src/dataplane/native.ts']);
});

test('crates depend only on the crates below them', () => {
  for (const manifest of sources(/^native\/crates\/[^/]+\/Cargo\.toml$/)) {
    const crate = manifest.path.split('/')[2] ?? '';
    const dependencies = manifest.text.split('[dev-dependencies]')[0] ?? '';
    const used = [...dependencies.matchAll(/^turbopump-(\w+)/gm)].map((match) => match[1] ?? '');
    const allowed = crates[crate];
    assert.ok(allowed, `crate ${crate} has no dependency rule`);
    for (const other of used) assert.ok(allowed.includes(other), `${crate} depends on ${other}`);
  }
});

test.run();

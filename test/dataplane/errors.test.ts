import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DATA_PLANE_ERROR_CODES,
  DataPlaneError,
  fromNative,
  StoreInUseError,
} from '../../src/dataplane/errors.ts';

const root = new URL('../../../', import.meta.url);

async function codesIn(path: string, pattern: RegExp): Promise<string[]> {
  const text = await readFile(new URL(path, root), 'utf8');
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '').sort();
}

test('TypeScript, Rust and the page know the same codes', async () => {
  const known = [...DATA_PLANE_ERROR_CODES].sort();
  const rust = await codesIn('native/crates/addon/src/code.rs', /=> "([A-Z_]+)"/g);
  assert.equal(rust, known);
  assert.equal(await codesIn('docs/boundary.md', /^\| `([A-Z_]+)` \|/gm), known);
});

test('a coded error becomes its class and keeps its cause', () => {
  const crossed = new Error('STORE_IN_USE: folder is in use: by another');
  const error = fromNative(crossed);
  assert.instance(error, StoreInUseError);
  assert.is((error as DataPlaneError).code, 'STORE_IN_USE');
  assert.is((error as DataPlaneError).message, 'folder is in use: by another');
  assert.is((error as DataPlaneError).cause, crossed);
});

test('an error without a code stays what it is', () => {
  for (const other of [new Error('no colon'), new TypeError('x: y'), 'text']) {
    assert.is(fromNative(other), other);
    assert.not.instance(fromNative(other), DataPlaneError);
  }
});

test.run();

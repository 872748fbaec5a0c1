/** What this code base does not do, each ban with what to do instead. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findLines, sources } from './tree.ts';

const typescript = sources(/^(src|test|bench)\/.*\.ts$/).filter(
  ({ path }) => !path.startsWith('test/tidy/'),
);
const product = typescript.filter(({ path }) => path.startsWith('src/'));
const rust = sources(/^native\/crates\/.*\.rs$/);

function ban(what: string, found: string[]): void {
  test(`no ${what}`, () => assert.equal(found, []));
}

ban('left-over .only( in a test', findLines(typescript, /\.only\(/));
ban(
  'suite.before( in a test (uvu drops what it throws: beforeAll of test/runner/before-all.ts)',
  findLines(
    typescript.filter(({ path }) => path !== 'test/runner/before-all.ts'),
    /\.before\(/,
  ),
);
ban('`any` (say what it is, or unknown)', findLines(typescript, /^(?!\s*\*).*(:|<|as) any\b/));
ban('console in the product (log through src/logging; the CLI prints through src/cli/output.ts)', [
  ...findLines(
    product.filter(({ path }) => !/^src\/(cli|main)\//.test(path)),
    /\bconsole\./,
  ),
]);
ban(
  'rename outside the file of durable primitives',
  findLines(
    product.filter(({ path }) => !path.endsWith('/durable-file.ts')),
    /\brename(Sync)?\(/,
  ),
);
ban(
  'child process in the product (no value from outside may become a command)',
  findLines(product, /node:child_process/),
);
ban(
  'thread sleep in the data plane (wait for the event; the loop has deadlines)',
  findLines(
    rust.filter(({ path }) => !path.includes('/loadgen/') && !/tests?(\.rs|\/)/.test(path)),
    /thread::sleep/,
  ),
);
ban(
  'unsafe outside the mapped file and the addon',
  findLines(
    rust.filter(({ path }) => !/mapped_file\.rs$|\/addon\//.test(path)),
    /\bunsafe\s*(\{|impl|fn)/,
  ),
);
ban('drawer names', [
  ...sources(/.*/)
    .map(({ path }) => path)
    .filter((path) => /(^|\/)(common|utils?|managers?|helpers?)(\/|\.(ts|rs)$)/.test(path)),
]);
ban(
  'path or host of a development machine',
  findLines(
    sources(/\.(ts|rs|mjs|md|json|toml|sh|properties|conf|xml|go|java)$|^\.ci\/|^bin\//).filter(
      ({ path }) => !path.startsWith('test/tidy/') && path !== 'package-lock.json',
    ),
    /\/work\/|\/root\/|registry\.npmjs|repo1\.maven|proxy\.golang|static\.crates/,
  ),
);

test('every test file ends by running its tests', () => {
  const forgotten = typescript
    .filter(({ path }) => path.endsWith('.test.ts'))
    .filter(({ text }) => !/^\s*(\w+\.run|runScenarios)\(/m.test(text))
    .map(({ path }) => path);
  assert.equal(forgotten, []);
});

test.run();

// Brings a checkout to the state the sources ask for: dependencies, addon, JavaScript.
// Staleness is decided by a hash of the inputs, not by times: a clone or a branch switch changes
// times at will, and a stale addon that looks fresh is the worst kind of bug.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isInstalled, root, runStep } from './process.mjs';

const stampFolder = join(root, 'node_modules', '.cache', 'turbopump');

const parts = [
  {
    name: 'dependencies',
    inputs: () => ['package.json', 'package-lock.json'].map((name) => join(root, name)),
    outputs: () => [join(root, 'node_modules', 'typescript', 'package.json')],
    build: () =>
      runStep('installing locked dependencies', 'npm', [
        'ci',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ]),
  },
  {
    name: 'native',
    inputs: () =>
      files(join(root, 'native'), /(\.rs|Cargo\.toml|Cargo\.lock)$/, ['target', 'fuzz', 'loadgen']),
    outputs: () => [join(root, 'native', 'index.cjs'), ...addons()],
    build: () => {
      requireRust();
      runStep('building the Rust addon (about a minute the first time)', 'npm', [
        'run',
        '--silent',
        'build:native',
      ]);
    },
  },
  {
    name: 'typescript',
    inputs: () => [
      join(root, 'tsconfig.json'),
      join(root, 'native', 'index.d.cts'),
      ...['src', 'test', 'bench'].flatMap((folder) =>
        files(join(root, folder), /\.(ts|mts|cts)$/, []),
      ),
    ],
    outputs: () => [join(root, 'dist', 'src', 'main', 'mqbroker.js')],
    build: () => {
      // Files of deleted sources would keep passing their tests.
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      runStep('compiling TypeScript', 'npm', ['run', '--silent', 'build:ts']);
    },
  },
];

/** Builds every part that is missing or older than its inputs; says nothing when all is fresh. */
export async function ensureBuilt() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Error(`turbopump needs Node 20 or newer; this is ${process.version}.`);
  for (const part of parts) {
    const wanted = fingerprint(part.inputs());
    if (readStamp(part.name) === wanted && part.outputs().every((file) => existsSync(file)))
      continue;
    part.build();
    mkdirSync(stampFolder, { recursive: true });
    // The build may have written one of its own inputs (a lock file): stamp what is there now.
    writeFileSync(join(stampFolder, part.name), fingerprint(part.inputs()));
  }
}

function requireRust() {
  if (isInstalled('cargo')) return;
  throw new Error(
    'turbopump needs a Rust toolchain to build its data plane, and cargo was not found: ' +
      "install Rust (rustup, or your distribution's cargo package) and run this command again.",
  );
}

function addons() {
  const found = readdirSync(join(root, 'native')).filter((name) => name.endsWith('.node'));
  return found.length > 0
    ? found.map((name) => join(root, 'native', name))
    : [join(root, 'native', 'turbopump.node')];
}

function readStamp(name) {
  const file = join(stampFolder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function fingerprint(inputs) {
  const hash = createHash('sha256');
  for (const file of [...inputs].sort()) {
    hash.update(relative(root, file)).update('\0');
    hash.update(existsSync(file) ? readFileSync(file) : 'missing').update('\0');
  }
  return hash.digest('hex');
}

function files(folder, pattern, skip) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return skip.includes(entry.name) ? [] : files(join(folder, entry.name), pattern, skip);
    }
    return pattern.test(entry.name) ? [join(folder, entry.name)] : [];
  });
}

/**
 * The real RocketMQ as the tests run it: class paths by Maven, sources by javac, programs by java.
 *
 * Invariants: what Maven and javac made is kept outside git under a name made of their input, so an
 * unchanged tree asks nobody; two processes never run Maven at once (its repository is not safe for
 * that). Refuses: any version not named in `java/pom.xml`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answers, runToEnd, runToSuccess } from './child-process.ts';
import { exclusively } from './process-lock.ts';
import { cacheFolder, projectRoot } from './project-folders.ts';

const MAVEN_LIMIT_MS = 300_000;
const JAVAC_LIMIT_MS = 60_000;
const POM = join(projectRoot, 'test', 'oracle', 'java', 'pom.xml');

export type ClassPathName = 'server-5.3.3' | 'client-5.3.3' | 'client-4.9.8';

/** What RocketMQ 5.3.3 needs opened on JDK 17. */
const JVM_OPENINGS = [
  ...['java.base/jdk.internal.ref', 'java.base/java.nio', 'java.base/java.util'],
  'java.base/sun.nio.ch',
].flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]);

export const JVM_FLAGS: readonly string[] = [
  '-Xms256m',
  '-Xmx512m',
  ...JVM_OPENINGS,
  '--add-exports',
  'java.base/sun.nio.ch=ALL-UNNAMED',
];

/** What is missing for running Java programs, as a sentence, or undefined. */
export async function missingForJava(): Promise<string | undefined> {
  const missing: string[] = [];
  for (const tool of [
    ['javac', '-version'],
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    if (!(await answers(tool[0], tool[1]))) missing.push(tool[0]);
  }
  return missing.length === 0
    ? undefined
    : `${missing.join(' and ')} not found: install a JDK of 17 or later and Maven`;
}

export async function classPath(name: ClassPathName): Promise<string> {
  const pom = readFileSync(POM);
  const file = join(cacheFolder('java'), `${name}-${digest(pom)}.classpath`);
  const kept = readUsable(file);
  if (kept !== undefined) return kept;
  return await exclusively('maven', async () => {
    const made = readUsable(file);
    if (made !== undefined) return made;
    const draft = `${file}.${process.pid}`;
    const goal = ['dependency:build-classpath', `-Dmdep.outputFile=${draft}`];
    const command = { command: 'mvn', limit_ms: MAVEN_LIMIT_MS };
    const args = ['-q', '-B', '-f', POM, '-P', name, ...goal];
    // Offline first: a machine that has everything should not depend on the network.
    const offline = await runToEnd({ ...command, args: ['-o', ...args] });
    if (offline.code !== 0) await runToSuccess({ ...command, args });
    renameSync(draft, file);
    return readFileSync(file, 'utf8');
  });
}

/** A class path whose jars are all there; someone may have emptied Maven's repository since. */
function readUsable(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  return text.split(':').every((jar) => existsSync(jar)) ? text : undefined;
}

/** Compiles every `.java` file below `folder`; resolves to the class path to run with. */
export async function compile(folder: string, against: ClassPathName): Promise<string> {
  const libraries = await classPath(against);
  const sources = javaFiles(folder);
  const input = sources.map((file) => readFileSync(file)).concat(Buffer.from(libraries));
  const classes = join(cacheFolder('java'), `classes-${against}-${digest(...input)}`);
  if (!existsSync(classes)) {
    const draft = `${classes}.${process.pid}`;
    const args = ['-nowarn', '--release', '17', '-d', draft, '-cp', libraries, ...sources];
    await runToSuccess({ command: 'javac', args, limit_ms: JAVAC_LIMIT_MS });
    if (existsSync(classes)) rmSync(draft, { recursive: true });
    else renameSync(draft, classes);
  }
  return `${classes}:${libraries}`;
}

function javaFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.java'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function digest(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}

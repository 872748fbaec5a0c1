import { join } from 'node:path';
import { runToSuccess } from './child-process.ts';
import { compile, JVM_FLAGS } from './java.ts';
import { cacheFolder, projectRoot } from './project-folders.ts';

const SOURCES = join(projectRoot, 'test', 'oracle', 'java', 'src');
const COMMANDS_LIMIT_MS = 240_000;

/** What one command of Java's mqadmin printed; its exit code is 0 whatever happened. */
export interface JavaPrinted {
  readonly out: string;
  /** Its error stream, and whether it had to be stopped. */
  readonly error: string;
}

/** What the commands printed, errors aside. */
export async function javaMqadmin(
  nameServer: string,
  commands: readonly (readonly string[])[],
): Promise<string[]> {
  return (await javaMqadminRuns(nameServer, commands)).map(({ out }) => out);
}

/**
 * Runs commands of Java's own mqadmin 5.3.3 one by one; resolves to what each printed. A first
 * word of `@` and milliseconds is the time after which a command is stopped.
 */
export async function javaMqadminRuns(
  nameServer: string,
  commands: readonly (readonly string[])[],
): Promise<JavaPrinted[]> {
  const home = cacheFolder('mqadmin-home');
  const words = commands.flatMap((command) => [',,', ...command, '-n', nameServer]).slice(1);
  const stdout = await runToSuccess({
    command: 'java',
    args: [
      ...[
        ...JVM_FLAGS,
        `-Duser.home=${home}`,
        `-Djava.io.tmpdir=${home}`,
        '-cp',
        await compile(SOURCES, 'client-5.3.3'),
      ],
      ...['turbopump.oracle.Mqadmin', ...words],
    ],
    env: { ROCKETMQ_HOME: home },
    limit_ms: COMMANDS_LIMIT_MS,
  });
  const printed = stdout
    .split(/^,, \d+\n/m)
    .slice(1)
    .map((text) => {
      const [out = '', error = ''] = text.split(/^,,! \d+\n/m);
      return { out, error };
    });
  if (printed.length !== commands.length) {
    throw new Error(`${commands.length} commands, ${printed.length} outputs:\n${stdout}`);
  }
  return printed;
}

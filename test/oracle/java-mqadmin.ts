import { join } from 'node:path';
import { runToSuccess } from './child-process.ts';
import { compile, JVM_FLAGS } from './java.ts';
import { cacheFolder, projectRoot } from './project-folders.ts';

const SOURCES = join(projectRoot, 'test', 'oracle', 'java', 'src');
const COMMANDS_LIMIT_MS = 240_000;

/** Runs commands of Java's own mqadmin 5.3.3 one by one; resolves to what each printed. */
export async function javaMqadmin(
  nameServer: string,
  commands: readonly (readonly string[])[],
): Promise<string[]> {
  const home = cacheFolder('mqadmin-home');
  const words = commands.flatMap((command) => [',,', ...command, '-n', nameServer]).slice(1);
  const stdout = await runToSuccess({
    command: 'java',
    args: [
      ...[...JVM_FLAGS, `-Duser.home=${home}`, '-cp', await compile(SOURCES, 'client-5.3.3')],
      ...['turbopump.oracle.Mqadmin', ...words],
    ],
    env: { ROCKETMQ_HOME: home },
    limit_ms: COMMANDS_LIMIT_MS,
  });
  const outputs = stdout.split(/^,, \d+\n/m).slice(1);
  if (outputs.length !== commands.length) {
    throw new Error(`${commands.length} commands, ${outputs.length} outputs:\n${stdout}`);
  }
  return outputs;
}

import { runToEnd } from './child-process.ts';
import { classPath, JVM_FLAGS } from './java.ts';
import { cacheFolder } from './project-folders.ts';

const MQADMIN = 'org.apache.rocketmq.tools.command.MQAdminStartup';
const COMMAND_LIMIT_MS = 60_000;

/**
 * Runs one command of Java's own mqadmin 5.3.3; resolves to its stdout.
 *
 * mqadmin exits 0 also when a command fails, so a stack trace it prints is an error here.
 */
export async function javaMqadmin(nameServer: string, command: readonly string[]): Promise<string> {
  const home = cacheFolder('mqadmin-home');
  const { code, stdout, stderr } = await runToEnd({
    command: 'java',
    args: [
      ...[...JVM_FLAGS, `-Duser.home=${home}`, '-cp', await classPath('client-5.3.3'), MQADMIN],
      ...command,
      '-n',
      nameServer,
    ],
    env: { ROCKETMQ_HOME: home },
    limit_ms: COMMAND_LIMIT_MS,
  });
  if (code !== 0 || /^(Caused by: )?[\w.]+(Exception|Error): /m.test(stdout + stderr)) {
    throw new Error(`mqadmin ${command.join(' ')}: exit ${code}\n${stdout}\n${stderr}`);
  }
  return stdout;
}

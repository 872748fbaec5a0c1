/**
 * `mqnamesrv [-c file]... [-p] [-h]`: settings, name server, signals, RocketMQ's ready line.
 * A start that fails prints one sentence and exits with 1.
 */
import { resolve } from 'node:path';
import { CommandLineEnd, parseServerCommandLine } from '../config/command-line.ts';
import { readConfigFile } from '../config/config-file.ts';
import { namesrvSettings } from '../config/roles.ts';
import type { Settings } from '../config/settings.ts';
import { stopOnSignals } from '../lifecycle/signals.ts';
import { startFaultSentence } from '../lifecycle/start-fault.ts';
import { createLogger } from '../logging/logger.ts';
import { NameServer } from './name-server.ts';
import { applyOwnConfig } from './own-config.ts';

/** Runs until a signal; the process then exits. */
export async function runNameServer(argv: readonly string[]): Promise<void> {
  try {
    await start(argv);
  } catch (error) {
    if (error instanceof CommandLineEnd) {
      (error.exitCode === 0 ? process.stdout : process.stderr).write(`${error.message}\n`);
      process.exitCode = error.exitCode;
      return;
    }
    process.stderr.write(`mqnamesrv: ${startFaultSentence(error)}\n`);
    process.exitCode = 1;
  }
}

async function start(argv: readonly string[]): Promise<void> {
  const options = parseServerCommandLine('mqnamesrv', argv);
  const settings = namesrvSettings();
  const configFiles = options.configFiles.map((path) => resolve(path));
  loadFiles(settings, configFiles);
  if (options.print !== null) {
    process.stdout.write(`${settings.lines(options.print === 'important').join('\n')}\n`);
    return;
  }
  const logger = createLogger('namesrv');
  const server = new NameServer({ settings, logger, configFile: configFiles.at(-1) ?? null });
  await server.start();
  stopOnSignals({
    stop: () => server.stop(),
    onStopFailed: (err) => logger.error({ err }, 'stopping failed'),
  });
  const address = `${settings.text('bindAddress')}:${server.port}`;
  const ready = `The Name Server boot success. serializeType=JSON, address ${address}`;
  process.stdout.write(`${ready}\n`);
}

function loadFiles(settings: Settings, paths: readonly string[]): void {
  const warnings = paths.flatMap((path) => settings.apply(readConfigFile(path), path));
  const last = paths.at(-1);
  if (last === undefined) {
    applyOwnConfig(settings);
    return;
  }
  settings.set('configStorePath', last);
  for (const warning of warnings) {
    process.stderr.write(`mqnamesrv: warning: ${warning}\n`);
  }
  const idle = settings.givenWithoutEffect();
  if (idle.length > 0) {
    process.stderr.write(`mqnamesrv: accepted without effect: ${idle.join(', ')}\n`);
  }
}

/**
 * `mqbroker [-c file]... [-n name servers] [-p] [-m] [-h]`: settings, broker, signals, RocketMQ's
 * ready line. A start that fails prints one sentence and exits with 1.
 */
import { resolve } from 'node:path';
import { CommandLineEnd, parseServerCommandLine } from '../config/command-line.ts';
import { readConfigFile } from '../config/config-file.ts';
import { brokerSettings } from '../config/roles.ts';
import type { Settings } from '../config/settings.ts';
import { stopOnSignals } from '../lifecycle/signals.ts';
import { startFaultSentence } from '../lifecycle/start-fault.ts';
import { createLogger } from '../logging/logger.ts';
import { Broker, type BrokerOptions } from './broker.ts';
import { applyOwnFile } from './settings/live-settings.ts';

type OpenDataPlane = BrokerOptions['openDataPlane'];

/** Runs until a signal; the process then exits. */
export async function runBroker(
  argv: readonly string[],
  openDataPlane: OpenDataPlane,
): Promise<void> {
  try {
    await start(argv, openDataPlane);
  } catch (error) {
    if (error instanceof CommandLineEnd) {
      (error.exitCode === 0 ? process.stdout : process.stderr).write(`${error.message}\n`);
      process.exitCode = error.exitCode;
      return;
    }
    process.stderr.write(`mqbroker: ${startFaultSentence(error)}\n`);
    process.exitCode = 1;
  }
}

async function start(argv: readonly string[], openDataPlane: OpenDataPlane): Promise<void> {
  const options = parseServerCommandLine('mqbroker', argv);
  const settings = brokerSettings();
  loadFiles(
    settings,
    options.configFiles.map((path) => resolve(path)),
  );
  if (options.namesrvAddr !== null) settings.set('namesrvAddr', options.namesrvAddr);
  if (options.print !== null) {
    process.stdout.write(`${settings.lines(options.print === 'important').join('\n')}\n`);
    return;
  }
  const log = createLogger('broker');
  const broker = await Broker.start({ settings, openDataPlane, log });
  stopOnSignals({
    stop: () => broker.stop(),
    onStopFailed: (err) => log.error({ err }, 'stopping failed'),
  });
  process.stdout.write(`${readyLine(broker, settings)}\n`);
}

/** What is changed while the broker runs goes to the last file, which outranks the others. */
function loadFiles(settings: Settings, paths: readonly string[]): void {
  const warnings = paths.flatMap((path) => settings.apply(readConfigFile(path), path));
  const last = paths.at(-1);
  if (last !== undefined) settings.set('brokerConfigPath', last);
  warnings.push(...applyOwnFile(settings));
  for (const warning of warnings) process.stderr.write(`mqbroker: warning: ${warning}\n`);
  const idle = settings.givenWithoutEffect();
  if (idle.length > 0) {
    process.stderr.write(`mqbroker: accepted without effect: ${idle.join(', ')}\n`);
  }
}

/** As Java's BrokerStartup prints it; scripts wait for its words. */
function readyLine({ identity }: Broker, settings: Settings): string {
  const who = `The broker[${identity.brokerName}, ${identity.address}] boot success.`;
  const nameServers = settings.textOrNull('namesrvAddr');
  const where = nameServers === null ? '' : ` and name server is ${nameServers}`;
  return `${who} serializeType=JSON${where}`;
}

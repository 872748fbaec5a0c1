/** Options that every server command of RocketMQ has: `-c -n -p -m -h` (Java `ServerUtil`). */
import { Command, CommanderError } from 'commander';

export interface ServerCommandLine {
  /**
   * In the order given: of a key in several files the last one's value counts, so that a shipped
   * file stays as it is below one of your own. RocketMQ takes the first file alone.
   */
  configFiles: string[];
  namesrvAddr: string | null;
  print: 'all' | 'important' | null;
}

/** What to print instead of starting, and the exit code that goes with it. */
export class CommandLineEnd extends Error {
  override readonly name = 'CommandLineEnd';
  readonly exitCode: number;

  constructor(text: string, exitCode: number) {
    super(text);
    this.exitCode = exitCode;
  }
}

/** Throws {@link CommandLineEnd} for `-h` and for arguments that do not parse. */
export function parseServerCommandLine(name: string, argv: readonly string[]): ServerCommandLine {
  let text = '';
  const configFiles: string[] = [];
  const take = (piece: string): void => {
    text += piece;
  };
  const command = new Command(name)
    .option(
      '-c, --configFile <file>',
      `${name} config properties file; a further one overrides its keys`,
      (file) => configFiles.push(file),
    )
    .option('-n, --namesrvAddr <list>', 'Name server address list, eg: 192.168.0.1:9876;…')
    .option('-p, --printConfigItem', 'Print all config items')
    .option('-m, --printImportantConfig', 'Print important config items')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: take, writeErr: take });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      throw new CommandLineEnd(text.trimEnd(), error.exitCode);
    }
    throw error;
  }
  const options: Record<string, unknown> = command.opts();
  const wantsAll = options['printConfigItem'] === true;
  const wantsImportant = options['printImportantConfig'] === true;
  return {
    configFiles,
    namesrvAddr: textOption(options, 'namesrvAddr'),
    print: wantsAll ? 'all' : wantsImportant ? 'important' : null,
  };
}

function textOption(options: Record<string, unknown>, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' ? value : null;
}

/**
 * `mqadmin`: finds the command, reads its options, runs it.
 *
 * Invariants: RocketMQ's command names match in any case; a failure is one line with its cause
 * and exit code 1; wrong arguments print the command's usage.
 */
import { Command, CommanderError } from 'commander';
import { AdminClient } from '../admin/admin-client.ts';
import { reasonOf } from '../admin/asker.ts';
import { parseNameServers } from '../model/name-server-address.ts';
import { type CliArguments, type CliCommand, UsageError } from './command.ts';
import { allCommands } from './commands/all-commands.ts';
import { completion } from './completion.ts';
import { CommandOutput, type Sink } from './output.ts';

const defaultNameServer = '127.0.0.1:9876';

interface Environment extends Sink {
  nameServerVariable: string | undefined;
}

/** Runs one command line (without node and script); returns the process's exit code. */
export async function runProgram(argv: string[], environment: Environment): Promise<number> {
  const [first, second] = argv;
  if (first === undefined) return printList(environment);
  if (first === 'completion') return printCompletion(second, environment);
  const name = first === 'help' ? second : first;
  if (name === undefined) return printList(environment);
  const command = findCommand(name);
  if (command === undefined) {
    environment.out(`The sub command ${name} not exist.`);
    return 1;
  }
  const parser = parserOf(command, environment);
  if (first === 'help') {
    environment.out(parser.helpInformation());
    return 0;
  }
  const args = parse(parser, command, argv.slice(1), environment);
  if (typeof args === 'number') return args;
  return runCommand(command, parser, args, environment);
}

async function runCommand(
  command: CliCommand,
  parser: Command,
  args: CliArguments,
  environment: Environment,
): Promise<number> {
  const given = args.get('namesrvAddr') ?? environment.nameServerVariable ?? defaultNameServer;
  const out = new CommandOutput(environment, args.has('json'));
  let admin: AdminClient | null = null;
  try {
    const nameServers = parseNameServers(given);
    admin = new AdminClient({ nameServers, rememberUnreachable: true });
    await command.run(args, { admin, out });
    out.end();
    return out.hasProblems ? 1 : 0;
  } catch (error) {
    environment.error(`${command.name} failed: ${reasonOf(error)}`);
    if (error instanceof UsageError) environment.error(parser.helpInformation());
    return 1;
  } finally {
    await admin?.close();
  }
}

function findCommand(name: string): CliCommand | undefined {
  return allCommands.find((command) => command.name.toLowerCase() === name.toLowerCase());
}

function printList({ out }: Sink): number {
  out('The most commonly used mqadmin commands are:');
  for (const { name, description } of allCommands) {
    out(`   ${name.padEnd(35)} ${description}`);
  }
  out('');
  out("See 'mqadmin help <command>' for more information on a specific command.");
  return 0;
}

function parserOf(command: CliCommand, { out, error }: Environment): Command {
  const parser = new Command(`mqadmin ${command.name}`)
    .description(command.description)
    .helpOption('-h, --help', 'Print help')
    .option('-n, --namesrvAddr <namesrvAddr>', "Name server address list, eg: '192.168.0.1:9876'")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => out(text.trimEnd()), writeErr: error });
  for (const { short, long, description, required, takesValue } of command.options) {
    const name = short?.length === 1 ? `-${short}, --${long}` : `--${long}`;
    const flags = `${name}${takesValue ? ` <${long}>` : ''}`;
    if (required) parser.requiredOption(flags, description);
    else parser.option(flags, description);
  }
  if (command.lists === true) parser.option('--json', 'print a JSON array of what is listed');
  return parser;
}

/** The options as typed, or the exit code when they cannot be read. */
function parse(
  parser: Command,
  command: CliCommand,
  argv: string[],
  { error }: Environment,
): CliArguments | number {
  try {
    parser.parse(argv.map(doubleDash(command)), { from: 'user' });
  } catch (failure) {
    if (!(failure instanceof CommanderError)) throw failure;
    if (failure.exitCode !== 0) error(parser.helpInformation());
    return failure.exitCode;
  }
  const given = new Map<string, string>();
  for (const [long, value] of Object.entries(parser.opts<Record<string, string | true>>())) {
    given.set(long, value === true ? '' : value);
  }
  const wrong = wrongChoice(command, given);
  if (wrong === null) return given;
  error(wrong);
  error(parser.helpInformation());
  return 1;
}

function wrongChoice({ oneOf = [], someOf = [] }: CliCommand, given: CliArguments): string | null {
  const names = (longs: string[]): string => longs.map((long) => `--${long}`).join(', ');
  if (oneOf.length > 0 && oneOf.filter((long) => given.has(long)).length !== 1) {
    return `give exactly one of ${names(oneOf)}`;
  }
  if (someOf.length > 0 && !someOf.some((long) => given.has(long))) {
    return `give one of ${names(someOf)}`;
  }
  return null;
}

/** Java's parser takes any name behind one dash: `-topic T`, and short ones like `-bn`. */
function doubleDash(command: CliCommand): (word: string) => string {
  const longs = new Map(command.options.map(({ long }) => [long, long]));
  for (const { short, long } of command.options) if (short !== null) longs.set(short, long);
  longs.set('namesrvAddr', 'namesrvAddr');
  return (word) => {
    const [, name = '', value = ''] = /^-(\w{2,})(=.*)?$/.exec(word) ?? [];
    const long = longs.get(name);
    return long === undefined ? word : `--${long}${value}`;
  };
}

function printCompletion(shell: string | undefined, { out, error }: Sink): number {
  if (shell !== 'bash' && shell !== 'zsh') {
    error('completion failed: give the shell, bash or zsh');
    return 1;
  }
  out(completion(shell, allCommands));
  return 0;
}

/**
 * `mqadmin`: finds the command, reads its options, runs it.
 *
 * Invariants: RocketMQ's command names match in any case; a failure is one line with its cause
 * and exit code 1; wrong arguments print the command's usage.
 */
import { Command, CommanderError } from 'commander';
import { AdminClient } from '../admin/admin-client.ts';
import { parseNameServers } from '../model/name-server-address.ts';
import { type CliArguments, type CliCommand, UsageError } from './command.ts';
import { allCommands } from './commands/all-commands.ts';
import type { Output } from './output.ts';

const defaultNameServer = '127.0.0.1:9876';

interface Environment {
  out: Output;
  error: (text: string) => void;
  nameServerVariable: string | undefined;
}

/** Runs one command line (without node and script); returns the process's exit code. */
export async function runProgram(argv: string[], environment: Environment): Promise<number> {
  const [first, second] = argv;
  if (first === undefined) return printList(environment.out);
  const name = first === 'help' ? second : first;
  if (name === undefined) return printList(environment.out);
  const command = findCommand(name);
  if (command === undefined) {
    environment.out.line(`The sub command ${name} not exist.`);
    return 1;
  }
  const parser = parserOf(command, environment);
  if (first === 'help') {
    environment.out.line(parser.helpInformation());
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
  const admin = new AdminClient({ nameServers: parseNameServers(given) });
  try {
    await command.run(args, { admin, out: environment.out });
    return 0;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    environment.error(`${command.name} failed: ${cause}`);
    if (error instanceof UsageError) environment.error(parser.helpInformation());
    return 1;
  } finally {
    await admin.close();
  }
}

function findCommand(name: string): CliCommand | undefined {
  return allCommands.find((command) => command.name.toLowerCase() === name.toLowerCase());
}

function printList(out: Output): number {
  out.line('The most commonly used mqadmin commands are:');
  for (const { name, description } of allCommands) {
    out.line(`   ${name.padEnd(35)} ${description}`);
  }
  out.line();
  out.line("See 'mqadmin help <command>' for more information on a specific command.");
  return 0;
}

function parserOf(command: CliCommand, { out, error }: Environment): Command {
  const parser = new Command(`mqadmin ${command.name}`)
    .description(command.description)
    .helpOption('-h, --help', 'Print help')
    .option('-n, --namesrvAddr <namesrvAddr>', "Name server address list, eg: '192.168.0.1:9876'")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.line(text.trimEnd()), writeErr: error });
  for (const { short, long, description, required, takesValue } of command.options) {
    const flags = `-${short}, --${long}${takesValue ? ` <${long}>` : ''}`;
    if (required) parser.requiredOption(flags, description);
    else parser.option(flags, description);
  }
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
    parser.parse(argv, { from: 'user' });
  } catch (failure) {
    if (!(failure instanceof CommanderError)) throw failure;
    if (failure.exitCode !== 0) error(parser.helpInformation());
    return failure.exitCode;
  }
  const given = new Map<string, string>();
  for (const [long, value] of Object.entries(parser.opts<Record<string, string | true>>())) {
    given.set(long, value === true ? '' : value);
  }
  const choices = command.oneOf ?? [];
  const chosen = choices.filter((long) => given.has(long));
  if (choices.length > 0 && chosen.length !== 1) {
    error(`give exactly one of ${choices.map((long) => `--${long}`).join(', ')}`);
    error(parser.helpInformation());
    return 1;
  }
  return given;
}

/**
 * What one `mqadmin` command is: a name, options in RocketMQ's spelling, and a run that calls
 * the admin client and prints. Commands hold no logic of their own and never exit the process.
 */
import type { AdminClient } from '../admin/admin-client.ts';
import type { Output } from './output.ts';

export interface CliOption {
  /** As RocketMQ spells it, of more than one letter for a few; null where it has none. */
  short: string | null;
  long: string;
  description: string;
  takesValue: boolean;
  required: boolean;
}

/** The options as typed, by long name; a flag without value is the empty string. */
export type CliArguments = ReadonlyMap<string, string>;

export interface CliContext {
  admin: AdminClient;
  out: Output;
}

export type CommandGroup =
  | 'auth'
  | 'broker'
  | 'cluster'
  | 'connection'
  | 'consumer'
  | 'container'
  | 'controller'
  | 'export'
  | 'ha'
  | 'message'
  | 'metadata'
  | 'namesrv'
  | 'offset'
  | 'producer'
  | 'queue'
  | 'stats'
  | 'topic';

export interface CliCommand {
  name: string;
  group: CommandGroup;
  description: string;
  options: CliOption[];
  /** Long names of which exactly one must be given. */
  oneOf?: string[];
  /** Long names of which at least one must be given. */
  someOf?: string[];
  /** Whether it lists entries, which `--json` prints as a JSON array instead. */
  lists?: boolean;
  run(args: CliArguments, context: CliContext): Promise<void>;
}

/** Wrong use of a command: usage is printed and the exit code is 1. */
export class UsageError extends Error {}

export function option(
  short: string | null,
  long: string,
  description: string,
  rest: { required?: boolean; takesValue?: boolean } = {},
): CliOption {
  const { required = false, takesValue = true } = rest;
  return { short, long, description, required, takesValue };
}

/** The trimmed value of an option, null when it was not given. */
export function textOf(args: CliArguments, long: string): string | null {
  return args.get(long)?.trim() ?? null;
}

/** The trimmed value of a required option. */
export function requiredText(args: CliArguments, long: string): string {
  const value = textOf(args, long);
  if (value === null || value === '') throw new UsageError(`Missing required option: ${long}`);
  return value;
}

/** A whole number within the range; anything else is the user's error, by name. */
export function integerOf(
  args: CliArguments,
  long: string,
  fallback: number,
  range: { min: number; max: number } = { min: 0, max: Number.MAX_SAFE_INTEGER },
): number {
  const text = textOf(args, long);
  if (text === null) return fallback;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < range.min || value > range.max) {
    throw new UsageError(`${long} must be a whole number from ${range.min}, not '${text}'`);
  }
  return value;
}

/** Java's Boolean.parseBoolean: `true` in any case is true, everything else false. */
export function booleanOf(args: CliArguments, long: string): boolean {
  return textOf(args, long)?.toLowerCase() === 'true';
}

/** Milliseconds from digits or from `yyyy-MM-dd#HH:mm:ss:SSS` in local time; null for neither. */
export function timestampIn(text: string): number | null {
  if (/^-?\d+$/.test(text)) return Number(text);
  const parts = /^(\d{4})-(\d{2})-(\d{2})#(\d{2}):(\d{2}):(\d{2}):(\d{3})$/.exec(text);
  if (parts === null) return null;
  const [year = 0, month = 1, ...rest] = parts.slice(1).map(Number);
  const [day = 1, hour = 0, minute = 0, second = 0, millis = 0] = rest;
  return new Date(year, month - 1, day, hour, minute, second, millis).getTime();
}

/** A point in time of the named option, null when it was not given. */
export function timestampOf(args: CliArguments, long: string): number | null {
  const text = textOf(args, long);
  if (text === null) return null;
  const timestamp = timestampIn(text);
  if (timestamp === null) throw new UsageError(`${long} is not a time: ${text}`);
  return timestamp;
}

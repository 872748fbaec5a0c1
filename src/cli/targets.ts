/** The brokers a command is for: one by address, or those of a cluster. */
import type { AdminClient } from '../admin/admin-client.ts';
import { reasonOf } from '../admin/asker.ts';
import { inOrder, type OnMissing, type Outcome } from '../admin/in-order.ts';
import { type CliArguments, type CliContext, textOf, UsageError } from './command.ts';
import type { Output } from './output.ts';

/** Addresses of the broker of `brokerAddr`, else of the masters of `clusterName`. */
export async function mastersIn(args: CliArguments, admin: AdminClient): Promise<string[]> {
  const broker = textOf(args, 'brokerAddr');
  if (broker !== null) return [broker];
  const cluster = textOf(args, 'clusterName');
  if (cluster === null) throw new UsageError('give --brokerAddr or --clusterName');
  return admin.clusters.mastersOf(cluster);
}

/** Addresses of the broker of `brokerAddr`, else of the brokers of `cluster`, or of all. */
export async function brokersIn(args: CliArguments, admin: AdminClient): Promise<string[]> {
  const broker = textOf(args, 'brokerAddr');
  if (broker !== null) return [broker];
  const cluster = textOf(args, 'cluster') ?? '';
  if (cluster !== '') return admin.clusters.brokersOf(cluster);
  const { brokers } = await admin.clusters.info();
  return [...brokers.values()].flatMap(({ addresses }) => [...addresses.values()]);
}

/**
 * Asks or tells every broker at once and shows what came of it in their order; one that fails is
 * a problem of its own line and never keeps the others back. The only one fails the command.
 */
export async function onEach<T>(
  addresses: readonly string[],
  out: Output,
  act: (address: string) => Promise<T>,
  show: (address: string, value: T) => void,
): Promise<void> {
  for await (const [address, outcome] of inOrder(addresses, act)) {
    if ('value' in outcome) show(address, outcome.value);
    else if (addresses.length === 1) throw outcome.error;
    else out.problem(reasonOf(outcome.error));
  }
}

/** Brokers that do not answer are problems, and what the others answer is printed. */
export function missingIn(out: Output): OnMissing {
  return (error) => out.problem(reasonOf(error));
}

/** Asks for every item with progress; outcomes in the order of the items. */
export async function* outcomesOf<I, T>(
  items: readonly I[],
  { out }: Pick<CliContext, 'out'>,
  ask: (item: I) => Promise<T>,
): AsyncGenerator<[I, Outcome<T>]> {
  let done = 0;
  for await (const entry of inOrder(items, ask)) {
    out.progress(++done, items.length);
    yield entry;
  }
}

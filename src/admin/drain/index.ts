/**
 * Taking a broker out of service without losing a message: no more writes, then what it has is
 * followed until every group has consumed it.
 *
 * Invariants: closing is one change of the broker's own configuration, so that it survives a
 * restart and no registration undoes it, as one would undo a mere `wipeWritePerm`; a broker is
 * called safe only from figures taken after sends have ended: first the sends, then what is
 * delayed, then the groups, since messages move that way only.
 * Refuses: stopping the broker, and guessing for groups that cannot be asked.
 */
import type { AdminClient } from '../admin-client.ts';
import { reasonOf } from '../asker.ts';
import { inOrder } from '../in-order.ts';

/** Our configuration key; a broker without it is RocketMQ's own. */
const ownKey = 'draining';

export interface DrainedBroker {
  brokerName: string;
  /** Of the master. */
  address: string;
}

export interface Closing {
  /** False for RocketMQ's own broker: senders go on until they hear of the route, up to 30 s. */
  refusesSends: boolean;
  /** Name servers that took writing from its topics, and how many topics that were. */
  told: { nameServer: string; topics: number }[];
  failed: { nameServer: string; cause: string }[];
}

/** The master of the set with that name, or with that address. */
export async function brokerToDrain(admin: AdminClient, named: string): Promise<DrainedBroker> {
  const { brokers } = await admin.clusters.info();
  for (const { name, addresses } of brokers.values()) {
    const master = addresses.get(0);
    const isNamed = name === named || [...addresses.values()].includes(named);
    if (!isNamed) continue;
    if (master === undefined) throw new Error(`${name} has no master: it takes no messages`);
    if (named !== name && named !== master) {
      throw new Error(`${named} is a slave of ${name} (${master}): it takes no messages`);
    }
    return { brokerName: name, address: master };
  }
  throw new Error(`the name server knows no broker '${named}'`);
}

/** Idempotent. Name servers that cannot be told are no obstacle: the broker tells them as well. */
export async function closeForWrites(
  admin: AdminClient,
  { brokerName, address }: DrainedBroker,
): Promise<Closing> {
  const before = await admin.config.ofBroker(address);
  const refusesSends = before.has(ownKey);
  await admin.config.updateBroker(
    address,
    new Map([['brokerPermission', '4'], ...(refusesSends ? [[ownKey, 'true'] as const] : [])]),
  );
  const after = await admin.config.ofBroker(address);
  if (after.get('brokerPermission') !== '4') {
    throw new Error(`${address} did not take brokerPermission=4`);
  }
  const answers = await tellAll(admin, (nameServer) =>
    admin.config.wipeWritePerm(nameServer, brokerName),
  );
  return { refusesSends, ...answers };
}

/**
 * Takes `closeForWrites` back. The name servers first: they give writing to every topic, and the
 * broker's registration then says which of them has it.
 */
export async function openForWrites(
  admin: AdminClient,
  { brokerName, address }: DrainedBroker,
): Promise<Pick<Closing, 'told' | 'failed'>> {
  const config = await admin.config.ofBroker(address);
  const answers = await tellAll(admin, (nameServer) =>
    admin.config.addWritePerm(nameServer, brokerName),
  );
  const values = new Map([['brokerPermission', '6']]);
  if (config.has(ownKey)) values.set(ownKey, 'false');
  await admin.config.updateBroker(address, values);
  return answers;
}

async function tellAll(
  admin: AdminClient,
  tell: (nameServer: string) => Promise<number>,
): Promise<Pick<Closing, 'told' | 'failed'>> {
  const answers: Pick<Closing, 'told' | 'failed'> = { told: [], failed: [] };
  for await (const [nameServer, outcome] of inOrder(admin.nameServers, tell)) {
    if ('value' in outcome) answers.told.push({ nameServer, topics: outcome.value });
    else answers.failed.push({ nameServer, cause: reasonOf(outcome.error) });
  }
  return answers;
}

/**
 * Before a master serves, it takes the consumer offsets that its slaves have and it has not: its
 * own file is as old as its last save, and consumers may have gone on at the slave meanwhile.
 * RocketMQ's master does not ask, and its slave then copies the stale offsets over the fresh ones.
 *
 * Invariants: offsets only move forward, never past the queue's end here, and not where an
 * administrator has reset them here since; a slave or name server
 * that does not answer costs {@link ASK_TIMEOUT_MS} and no start.
 */
import type { ConsumerOffset, DataPlane } from '../../dataplane/data-plane.ts';
import type { Logger } from '../../logging/logger.ts';
import { RemotingClient } from '../../remoting/client.ts';
import { createRequest } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { decodeOffsetTable, type StoredOffsets } from '../offsets/offset-file.ts';
import type { Offsets } from '../offsets/offsets.ts';
import { offsetKey, offsetsByKey } from './offset-merge.ts';

const ASK_TIMEOUT_MS = 1000;

/** Asks all addresses at once; resolves to how many offsets moved. */
export async function takeOffsetsOfSlaves(
  addresses: readonly string[],
  { dataPlane, offsets }: { dataPlane: DataPlane; offsets: Offsets },
  log: Logger,
): Promise<number> {
  if (addresses.length === 0) return 0;
  const client = new RemotingClient({ connectTimeoutMs: ASK_TIMEOUT_MS });
  try {
    const told = await Promise.all(addresses.map((address) => ask(client, address, log)));
    const current = told.flatMap((table) => offsets.notOutdated(table));
    const forward = movesForward(current, dataPlane);
    if (forward.length > 0) dataPlane.setConsumerOffsets(forward);
    if (forward.length > 0) log.info({ offsets: forward.length, addresses }, 'took newer offsets');
    return forward.length;
  } finally {
    await client.close();
  }
}

async function ask(client: RemotingClient, address: string, log: Logger): Promise<StoredOffsets> {
  try {
    const request = createRequest(RequestCode.GET_ALL_CONSUMER_OFFSET);
    const { body } = await client.call(address, request, ASK_TIMEOUT_MS);
    return decodeOffsetTable(Buffer.from(body).toString('utf8'));
  } catch (error) {
    log.warn({ address, err: error }, 'a slave did not tell its offsets; serving with our own');
    return { offsets: [], resets: [] };
  }
}

function movesForward(told: readonly ConsumerOffset[], dataPlane: DataPlane): ConsumerOffset[] {
  const own = offsetsByKey(dataPlane.consumerOffsets().offsets);
  const ends = new Map<string, Map<number, number>>();
  const endOf = (topic: string, queueId: number): number => {
    const known = ends.get(topic) ?? endsOf(dataPlane, topic);
    ends.set(topic, known);
    return known.get(queueId) ?? 0;
  };
  const moved = new Map<string, ConsumerOffset>();
  for (const each of told) {
    const key = offsetKey(each);
    const offset = Math.min(each.offset, endOf(each.topic, each.queueId));
    const best = moved.get(key)?.offset ?? own.get(key) ?? 0;
    if (offset > best) moved.set(key, { ...each, offset });
  }
  return [...moved.values()];
}

function endsOf(dataPlane: DataPlane, topic: string): Map<number, number> {
  return new Map(dataPlane.queueBounds(topic).map((queue) => [queue.queueId, queue.maxOffset]));
}

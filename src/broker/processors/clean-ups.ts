/**
 * What an operator removes by hand (Java AdminBrokerProcessor): queue files of expired messages
 * 306, queues of topics that do not exist any more 316, expired segments of the log 329.
 *
 * Each is answered when it is done. Java answers 306 and 329 at once and leaves them to its
 * cleaning thread, so that a failure never reaches whoever asked.
 */
import { type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { onMasterOnly } from './on-master-only.ts';
import type { BrokerParts, Family, Peer } from './parts.ts';

export const cleanUpFamily: Family = (parts) => [
  [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, (_, peer) => removeExpired(parts, 'queues', peer)],
  [RequestCode.CLEAN_UNUSED_TOPIC, (request) => removeUnused(parts, request)],
  [RequestCode.DELETE_EXPIRED_COMMITLOG, (_, peer) => removeExpired(parts, 'log', peer)],
];

async function removeExpired(
  parts: BrokerParts,
  what: 'log' | 'queues',
  peer: Peer,
): Promise<Reply> {
  await parts.dataPlane.removeExpired(what);
  parts.log.info({ what, by: peer.remoteAddress }, 'expired files removed');
  return reply(ResponseCode.SUCCESS);
}

/** A slave may hold queues of topics that it has not heard of yet. */
const removeUnused = onMasterOnly(async (parts) => {
  const unused = parts.dataPlane.storedTopics().filter((name) => isUnused(parts, name));
  for (const name of unused) {
    // A send may have made the topic meanwhile.
    if (!isUnused(parts, name)) continue;
    await parts.dataPlane.deleteTopic(name);
    parts.log.info({ topic: name }, 'queues of an unknown topic removed');
  }
  return reply(ResponseCode.SUCCESS);
});

function isUnused(parts: BrokerParts, name: string): boolean {
  return parts.topics.find(name) === null && !parts.systemTopics.has(name);
}

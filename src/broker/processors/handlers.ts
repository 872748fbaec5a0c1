/**
 * Every request code that the control plane serves, by family. What is not here and not served
 * by the data plane is answered with code 3.
 */
import type { Handler } from '../../remoting/dispatch.ts';
import { Refusal } from '../../remoting/errors.ts';
import { JsonError } from '../../remoting/fastjson.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { allProgressFamily } from './all-progress.ts';
import { askConsumersFamily } from './ask-consumers.ts';
import { assignmentFamily } from './assignment.ts';
import { cleanUpFamily } from './clean-ups.ts';
import { clientFamily } from './clients.ts';
import { connectionFamily } from './connections.ts';
import { groupOffsetsFamily } from './group-offsets.ts';
import { groupFamily } from './groups.ts';
import { haFamily } from './ha.ts';
import { lockFamily } from './locks.ts';
import { notServedFamily } from './not-served.ts';
import type { BrokerParts, Family, Peer } from './parts.ts';
import { progressFamily } from './progress.ts';
import { queueContentsFamily } from './queue-contents.ts';
import { requestModeFamily } from './request-modes.ts';
import { resetOffsetsFamily } from './reset-offsets.ts';
import { runtimeFamily } from './runtime.ts';
import { settingsFamily } from './settings.ts';
import { statsFamily } from './stats.ts';
import { storeCheckFamily } from './store-check.ts';
import { topicFamily } from './topics.ts';

const FAMILIES: readonly Family[] = [
  clientFamily,
  lockFamily,
  topicFamily,
  groupFamily,
  connectionFamily,
  progressFamily,
  settingsFamily,
  runtimeFamily,
  statsFamily,
  resetOffsetsFamily,
  groupOffsetsFamily,
  allProgressFamily,
  askConsumersFamily,
  queueContentsFamily,
  requestModeFamily,
  assignmentFamily,
  cleanUpFamily,
  notServedFamily,
  haFamily,
  storeCheckFamily,
];

export function brokerHandlers(parts: BrokerParts): ReadonlyMap<number, Handler<Peer>> {
  const entries = FAMILIES.flatMap((family) => family(parts));
  return new Map(entries.map(([code, handler]) => [code, blamingTheBody(handler)]));
}

/** A body that is not what its code asks for is the sender's fault: refused, and not logged. */
function blamingTheBody(handler: Handler<Peer>): Handler<Peer> {
  return async (request, peer) => {
    try {
      return await handler(request, peer);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw new Refusal(ResponseCode.SYSTEM_ERROR, `the request is at fault: ${error.message}`);
    }
  };
}

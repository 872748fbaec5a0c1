/** What became of a message in each group that consumes its topic (Java messageTrackDetail). */
import { AnswerError } from '../remoting/errors.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { AdminClient } from './admin-client.ts';
import type { ConsumerConnections } from './answers.ts';
import type { StoredMessage } from './message-record.ts';

export type TrackType =
  | 'CONSUMED'
  | 'PULL'
  | 'NOT_CONSUME_YET'
  | 'NOT_ONLINE'
  | 'CONSUME_BROADCASTING'
  | 'UNKNOWN';

export interface MessageTrack {
  group: string;
  type: TrackType;
  /** Why nothing better is known; `null` as text when nothing went wrong. */
  cause: string;
}

export async function trackOf(admin: AdminClient, message: StoredMessage): Promise<MessageTrack[]> {
  const tracks: MessageTrack[] = [];
  for (const group of await admin.topics.groupsOf(message.topic)) {
    try {
      const members = await admin.clients.consumers(group);
      tracks.push({ group, type: await typeOf(admin, group, members, message), cause: 'null' });
    } catch (error) {
      tracks.push({ group, ...failureOf(error) });
    }
  }
  return tracks;
}

async function typeOf(
  admin: AdminClient,
  group: string,
  members: ConsumerConnections,
  message: StoredMessage,
): Promise<TrackType> {
  if (members.consumeType === 'CONSUME_ACTIVELY') return 'PULL';
  if (members.messageModel === 'BROADCASTING') return 'CONSUME_BROADCASTING';
  const { queues } = await admin.offsets.consumeStats(group, message.topic);
  const brokers = (await admin.clusters.info()).brokers;
  const isConsumed = queues.some(
    (queue) =>
      queue.topic === message.topic &&
      queue.queueId === message.queueId &&
      brokers.get(queue.brokerName)?.addresses.get(0) === message.storeHost &&
      queue.consumerOffset > message.queueOffset,
  );
  return isConsumed ? 'CONSUMED' : 'NOT_CONSUME_YET';
}

function failureOf(error: unknown): { type: TrackType; cause: string } {
  if (error instanceof AnswerError) {
    const type = error.code === ResponseCode.CONSUMER_NOT_ONLINE ? 'NOT_ONLINE' : 'UNKNOWN';
    return { type, cause: `CODE:${error.code} DESC:${error.remark ?? ''}` };
  }
  return { type: 'UNKNOWN', cause: error instanceof Error ? error.message : String(error) };
}

/** What is told of a message: plain values, for printing and for programs. */
import type { UniqueIdOrigin } from '../unique-id.ts';

/**
 * SENT: in a topic of a sender's. DELAYED: waits in a delay level for its topic. HALF: prepared in
 * a transaction. RETRY_DELAYED: sent back, waits. RETRY: sent back, for the group to take again.
 * DEAD: in the dead-letter topic of a group.
 */
export type CopyKind = 'SENT' | 'DELAYED' | 'HALF' | 'RETRY_DELAYED' | 'RETRY' | 'DEAD';

/**
 * CONSUMED: committed past it. SENT_BACK: committed past it, and sent it back for a retry.
 * NOT_YET: committed before it. NEVER: has no offset in the queue. NOT_SUBSCRIBED: its live members
 * ask for other tags. BROADCASTING: each member keeps its own offsets, which no broker knows.
 * UNKNOWN: the broker did not tell.
 */
export type GroupState =
  | 'CONSUMED'
  | 'SENT_BACK'
  | 'NOT_YET'
  | 'NEVER'
  | 'NOT_SUBSCRIBED'
  | 'BROADCASTING'
  | 'UNKNOWN';

export interface GroupStory {
  group: string;
  state: GroupState;
  /** Whether a member of the group is connected. */
  isOnline: boolean;
  /** Next offset that the group takes of the queue; null for none. */
  offset: number | null;
  /** Messages of the queue before and with this one that the group has not committed. */
  behind: number;
  /** Why nothing better is known. */
  cause: string | null;
}

export interface CopyStory {
  kind: CopyKind;
  /** Topic it is for: that of the sender, or the retry or dead-letter topic. */
  topic: string;
  /** Topic whose queue it lies in. */
  storedTopic: string;
  brokerName: string;
  /** Above 0 when a slave told. */
  brokerId: number;
  /** Of the broker that told. */
  address: string;
  queueId: number;
  queueOffset: number;
  physicalOffset: number;
  /** Bytes. */
  storeSize: number;
  /** Milliseconds since 1970. */
  storeTimestamp: number;
  offsetMessageId: string;
  /** DELAYED, RETRY_DELAYED: when it is due, milliseconds since 1970. */
  dueTimestamp: number | null;
  /** DELAYED, RETRY_DELAYED: whether it has been put into its topic. */
  isDelivered: boolean | null;
  /** RETRY_DELAYED, RETRY, DEAD: whose. */
  group: string | null;
  /** How often it was sent back. */
  retry: number;
  /** RETRY_DELAYED, RETRY: times after which it becomes a dead letter. */
  retryMaximum: number | null;
  /** Why no consumer can read it although the log has it. */
  hidden: 'TOPIC_DELETED' | 'BEFORE_QUEUE_BEGIN' | null;
  groups: GroupStory[];
}

export interface MessageStory {
  messageId: string;
  /** What the unique id tells, null without one. */
  origin: UniqueIdOrigin | null;
  /** In the order in which they were stored. */
  copies: CopyStory[];
}

/**
 * EXPIRED: the place it was stored at is before the log's begin. NOT_WRITTEN: that place is behind
 * the log's end. NO_RECORD: no record begins there. MAY_HAVE_EXPIRED: made before the oldest
 * message of every log. NEVER_ARRIVED: every log reaches back to before it was made, and none has
 * it. UNASKED: a broker that might have it does not answer. NOT_FOUND: no message has it as its
 * key.
 */
export type AbsenceReason =
  | 'EXPIRED'
  | 'NOT_WRITTEN'
  | 'NO_RECORD'
  | 'MAY_HAVE_EXPIRED'
  | 'NEVER_ARRIVED'
  | 'UNASKED'
  | 'NOT_FOUND';

export interface Absence {
  reason: AbsenceReason;
  /** EXPIRED, NOT_WRITTEN, NO_RECORD: the place, and what the log there has. */
  place: {
    brokerName: string;
    address: string;
    physicalOffset: number;
    logBegin: number;
    logEnd: number;
  } | null;
  origin: UniqueIdOrigin | null;
  /** Store time of the oldest message of all logs that were asked, null for none. */
  oldestTimestamp: number | null;
}

export interface WhereIs {
  asked: string;
  messages: MessageStory[];
  /** Messages with the key beyond those told of. */
  more: number;
  /** Set when no message is told of. */
  absence: Absence | null;
  /** Brokers that could not be asked; what only they have is missing. */
  silent: { brokerName: string; brokerId: number; address: string; cause: string }[];
}

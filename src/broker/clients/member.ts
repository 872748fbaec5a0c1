/** One client as a connection showed it: what a heartbeat (34) says about its sender. */
import type { ConnectionId } from '../../dataplane/data-plane.ts';
import type { Language } from '../../remoting/language.ts';

export interface Member {
  readonly connection: ConnectionId;
  readonly clientId: string;
  readonly language: Language;
  /** Ordinal of the client's RocketMQ version. */
  readonly version: number;
  readonly remoteAddress: string;
}

/** A client that beats at most this seldom is dropped (`channelExpiredTimeout`). */
export const MEMBER_EXPIRY_MS = 120_000;

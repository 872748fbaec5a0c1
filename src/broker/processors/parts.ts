/** What the processors of a broker work with; `broker.ts` makes it, nobody else. */
import type { Settings } from '../../config/settings.ts';
import type { ConnectionId, DataPlane } from '../../dataplane/data-plane.ts';
import type { Logger } from '../../logging/logger.ts';
import type { QueueData } from '../../model/route.ts';
import type { Handler } from '../../remoting/dispatch.ts';
import type { ClientCalls } from '../clients/client-calls.ts';
import type { Connections } from '../clients/connections.ts';
import type { ConsumerGroups } from '../clients/consumer-groups.ts';
import type { ProducerGroups } from '../clients/producer-groups.ts';
import type { Groups } from '../groups/groups.ts';
import type { TableTag } from '../ha/table-tag.ts';
import type { Offsets } from '../offsets/offsets.ts';
import type { QueueLocks } from '../rebalance/queue-locks.ts';
import type { RequestModes } from '../rebalance/request-modes.ts';
import type { Delays } from '../schedule/delay-progress.ts';
import type { BrokerIdentity } from '../settings/identity.ts';
import type { LiveSettings } from '../settings/live-settings.ts';
import type { Traffic } from '../stats/traffic.ts';
import type { SystemTopics } from '../topics/system-topics.ts';
import type { Topics } from '../topics/topics.ts';

/** Who sent a request. */
export interface Peer {
  readonly connection: ConnectionId;
  readonly remoteAddress: string;
}

export interface BrokerParts {
  readonly settings: Settings;
  readonly liveSettings: LiveSettings;
  readonly identity: BrokerIdentity;
  readonly dataPlane: DataPlane;
  readonly topics: Topics;
  readonly systemTopics: SystemTopics;
  readonly groups: Groups;
  readonly consumers: ConsumerGroups;
  readonly producers: ProducerGroups;
  readonly connections: Connections;
  readonly clientCalls: ClientCalls;
  readonly locks: QueueLocks;
  readonly requestModes: RequestModes;
  readonly offsets: Offsets;
  readonly delays: Delays;
  readonly traffic: Traffic;
  /** Puts decided policy in force now, without waiting for the answer of the request. */
  readonly publish: () => void;
  /** Tells the name servers which topics changed; resolves when those that answer did. */
  readonly register: () => Promise<void>;
  /** Tells the name servers all topics; resolves as `register` does. */
  readonly registerAll: () => Promise<void>;
  /** Queues of the topic in the whole cluster; null when no name server tells. */
  readonly routeOf: (topic: string) => Promise<QueueData[] | null>;
  readonly now: () => number;
  readonly startedMs: number;
  readonly log: Logger;
}

/** The codes of one request family. */
export type Family = (parts: BrokerParts) => [code: number, handler: Handler<Peer>][];

/** The tag of a table in the version that the numbers tell, in this life of the broker. */
export function tableTag(parts: BrokerParts, ...version: number[]): TableTag {
  return { boot: String(parts.startedMs), version: version.join('-') };
}

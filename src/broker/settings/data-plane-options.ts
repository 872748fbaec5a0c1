/** What of the settings the data plane is opened with. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { DataPlaneOptions } from '../../dataplane/data-plane.ts';
import { replicationOptions } from '../ha/replication-options.ts';
import { parseDelayLevels } from '../schedule/delay-levels.ts';
import { brokerHost } from './identity.ts';

/** Loops beyond this share one log lock and gain nothing. */
const EVENT_LOOPS_MAX = 4;
const CORES_PER_LOOP = 2;
const UPWARD_QUEUE_CAPACITY = 10_000;
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const CONNECTIONS_MAX = 50_000;

/**
 * One loop carries what two cores can bring it; a second one on the same cores costs a quarter
 * more CPU a message (docs/decisions/0001-io-model.md).
 */
function eventLoops(cores: number): number {
  return Math.max(1, Math.min(Math.floor(cores / CORES_PER_LOOP), EVENT_LOOPS_MAX));
}

export interface ListenChoice {
  listenPort: number;
  fastListenPort: number | null;
}

/** The fast port is `listenPort - 2`, as clients compute it; a port below 3 has none. */
export function listenChoice(settings: Settings): ListenChoice {
  const listenPort = settings.integer('listenPort');
  return { listenPort, fastListenPort: listenPort > 2 ? listenPort - 2 : null };
}

export function dataPlaneOptions(settings: Settings): DataPlaneOptions {
  const root = settings.text('storePathRootDir');
  return {
    storePathRootDir: root,
    storePathCommitLog: settings.textOrNull('storePathCommitLog') ?? join(root, 'commitlog'),
    segmentBytes: settings.integer('mappedFileSizeCommitLog'),
    queueFileBytes: settings.integer('mappedFileSizeConsumeQueue'),
    indexEnabled: settings.boolean('messageIndexEnable'),
    indexSlots: settings.integer('maxHashSlotNum'),
    indexEntries: settings.integer('maxIndexNum'),
    flushMode: settings.text('flushDiskType') === 'SYNC_FLUSH' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
    flushIntervalMs: settings.integer('flushIntervalCommitLog'),
    delayLevelsMs: parseDelayLevels(settings.text('messageDelayLevel')),
    deleteWhenHours: deleteWhenHours(settings.text('deleteWhen')),
    fileReservedHours: settings.integer('fileReservedTime'),
    diskMaxUsedRatioPercent: settings.integer('diskMaxUsedSpaceRatio'),
    bindAddress: settings.text('bindAddress'),
    ...listenChoice(settings),
    storeHost: brokerHost(settings),
    eventLoops: eventLoops(availableParallelism()),
    maxFrameBytes: FRAME_BYTES_MAX,
    maxMessageBytes: settings.integer('maxMessageSize'),
    maxConnections: CONNECTIONS_MAX,
    idleConnectionMs: settings.integer('serverChannelMaxIdleTimeSeconds') * 1000,
    upwardQueueCapacity: UPWARD_QUEUE_CAPACITY,
    replication: replicationOptions(settings),
  };
}

/** `deleteWhen` is hours of the day, separated by `;`. */
function deleteWhenHours(text: string): number[] {
  return text
    .split(';')
    .map((hour) => hour.trim())
    .filter((hour) => hour !== '')
    .map((hour) => {
      const value = Number(hour);
      if (/^\d{1,2}$/.test(hour) && value < 24) return value;
      throw new Error(`deleteWhen: '${hour}' is not an hour of the day, 00 to 23`);
    });
}

/**
 * Keys of the listening side of a role (Java `NettyServerConfig`). `ACTING` names those that
 * change what this process does, `HOT` those that may be changed while it runs; every other key is
 * accepted, so that existing files load, and has no effect here.
 */
import { type ConfigKey, type KeyRow, keyTable } from './key.ts';

const ACTING = [
  'bindAddress',
  'listenPort',
  'serverChannelMaxIdleTimeSeconds',
  'serverSocketBacklog',
];

const HOT: string[] = [];

const ROWS: readonly KeyRow[] = [
  ['bindAddress', 'String', '0.0.0.0'],
  ['listenPort', 'int', 0, { min: 0, max: 65535 }],
  ['serverWorkerThreads', 'int', 8],
  ['serverCallbackExecutorThreads', 'int', 0],
  ['serverSelectorThreads', 'int', 3],
  ['serverOnewaySemaphoreValue', 'int', 256],
  ['serverAsyncSemaphoreValue', 'int', 64],
  ['serverChannelMaxIdleTimeSeconds', 'int', 120, { min: 1 }],
  ['serverSocketSndBufSize', 'int', 0],
  ['serverSocketRcvBufSize', 'int', 0],
  ['writeBufferHighWaterMark', 'int', 0],
  ['writeBufferLowWaterMark', 'int', 0],
  ['serverSocketBacklog', 'int', 1024, { min: 1, max: 65535 }],
  ['serverNettyWorkerGroupEnable', 'boolean', true],
  ['serverPooledByteBufAllocatorEnable', 'boolean', true],
  ['enableShutdownGracefully', 'boolean', false],
  ['shutdownWaitTimeSeconds', 'int', 30],
  ['useEpollNativeSelector', 'boolean', false],
];

export const NETTY_SERVER_KEYS: readonly ConfigKey[] = keyTable(ROWS, ACTING, HOT);

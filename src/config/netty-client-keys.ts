/**
 * Keys of the calling side of a role (Java `NettyClientConfig`). `ACTING` names those that
 * change what this process does, `HOT` those that may be changed while it runs; every other key is
 * accepted, so that existing files load, and has no effect here.
 */
import { cpus } from './defaults.ts';
import { type ConfigKey, type KeyRow, keyTable } from './key.ts';

const ACTING = ['connectTimeoutMillis'];

const HOT: string[] = [];

const ROWS: readonly KeyRow[] = [
  ['clientWorkerThreads', 'int', 4],
  ['clientCallbackExecutorThreads', 'int', cpus],
  ['clientOnewaySemaphoreValue', 'int', 65535],
  ['clientAsyncSemaphoreValue', 'int', 65535],
  ['connectTimeoutMillis', 'int', 3000, { min: 1 }],
  ['channelNotActiveInterval', 'long', 60000],
  ['isScanAvailableNameSrv', 'boolean', true, { fileName: 'scanAvailableNameSrv' }],
  ['clientChannelMaxIdleTimeSeconds', 'int', 120],
  ['clientSocketSndBufSize', 'int', 0],
  ['clientSocketRcvBufSize', 'int', 0],
  ['clientPooledByteBufAllocatorEnable', 'boolean', false],
  ['clientCloseSocketIfTimeout', 'boolean', true],
  ['useTLS', 'boolean', false],
  ['socksProxyConfig', 'String', '{}'],
  ['writeBufferHighWaterMark', 'int', 0],
  ['writeBufferLowWaterMark', 'int', 0],
  ['disableCallbackExecutor', 'boolean', false],
  ['disableNettyWorkerGroup', 'boolean', false],
  ['maxReconnectIntervalTimeSeconds', 'long', 60],
  ['enableReconnectForGoAway', 'boolean', true],
];

export const NETTY_CLIENT_KEYS: readonly ConfigKey[] = keyTable(ROWS, ACTING, HOT);

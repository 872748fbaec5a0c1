/** Settings of each role: which tables it reads and which defaults it replaces. */
import { BROKER_KEYS } from './broker-keys.ts';
import { NAMESRV_KEYS } from './namesrv-keys.ts';
import { NETTY_CLIENT_KEYS } from './netty-client-keys.ts';
import { NETTY_SERVER_KEYS } from './netty-server-keys.ts';
import { Settings } from './settings.ts';
import { STORE_KEYS } from './store-keys.ts';

export const NAMESRV_PORT = 9876;
export const BROKER_PORT = 10911;

export function namesrvSettings(): Settings {
  return new Settings([NAMESRV_KEYS, NETTY_SERVER_KEYS, NETTY_CLIENT_KEYS], {
    listenPort: NAMESRV_PORT,
  });
}

/**
 * Broker and netty tables both know `listenPort`; it is one setting here, whose default RocketMQ
 * replaces by 10911; it also starts from `haListenPort` 0, which means `listenPort` + 1.
 */
export function brokerSettings(): Settings {
  return new Settings([BROKER_KEYS, NETTY_SERVER_KEYS, NETTY_CLIENT_KEYS, STORE_KEYS], {
    listenPort: BROKER_PORT,
    haListenPort: 0,
  });
}

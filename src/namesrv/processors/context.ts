/** What every processor of the name server works with. */

import type { Settings } from '../../config/settings.ts';
import type { Logger } from '../../logging/logger.ts';
import { Refusal } from '../../remoting/errors.ts';
import { type Reply, reply } from '../../remoting/remoting-command.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { Connection, Handler } from '../../remoting/server.ts';
import type { KvConfig } from '../kv-config.ts';
import type { RouteTable } from '../route-table.ts';

export interface NameServerContext {
  readonly routes: RouteTable;
  readonly kv: KvConfig;
  readonly settings: Settings;
  readonly logger: Logger;
  /** The file of `-c`, to which changes of configuration are written; null: an own file is. */
  readonly configFile: string | null;
  /** Monotonic milliseconds since the start of the name server. */
  readonly uptimeMs: () => number;
}

export type HandlerTable = [code: number, handler: Handler<Connection>][];

export function success(body?: string | Uint8Array): Reply {
  return reply(ResponseCode.SUCCESS, { body });
}

/** Refuses what a switch of the configuration turns off, with RocketMQ's word for it. */
export function requireEnabled(context: NameServerContext, key: string): void {
  if (!context.settings.boolean(key)) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, 'disable');
  }
}

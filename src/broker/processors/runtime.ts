/** GET_BROKER_RUNTIME_INFO (28): what clusterList and brokerStatus show. */
import { encodeKvTable } from '../../remoting/bodies/kv-table.ts';
import { reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { runtimeInfo } from '../stats/runtime-info.ts';
import type { Family } from './parts.ts';

export const runtimeFamily: Family = (parts) => [
  [
    RequestCode.GET_BROKER_RUNTIME_INFO,
    async () => reply(ResponseCode.SUCCESS, { body: encodeKvTable(await runtimeInfo(parts)) }),
  ],
];

/** How replication stands at one broker, answer to 907 (Java `HARuntimeInfo`). */
import { stringifyJson } from '../fastjson.ts';

export interface HaConnectionInfo {
  /** `host:port` of the slave's end. */
  readonly addr: string;
  readonly slaveAckOffset: number;
  /** Bytes the slave is behind. */
  readonly diff: number;
  readonly inSync: boolean;
  readonly transferredByteInSecond: number;
  readonly transferFromWhere: number;
}

export interface HaClientInfo {
  readonly masterAddr: string | null;
  readonly transferredByteInSecond: number;
  readonly maxOffset: number;
  /** Milliseconds since 1970. */
  readonly lastReadTimestamp: number;
  readonly lastWriteTimestamp: number;
  readonly masterFlushOffset: number;
}

export interface HaRuntimeInfo {
  readonly master: boolean;
  readonly masterCommitLogMaxOffset: number;
  readonly inSyncSlaveNums: number;
  readonly haConnectionInfo: readonly HaConnectionInfo[];
  readonly haClientRuntimeInfo: HaClientInfo;
}

export function encodeHaRuntimeInfo(info: HaRuntimeInfo): string {
  return stringifyJson({
    ...info,
    haClientRuntimeInfo: { ...info.haClientRuntimeInfo },
    haConnectionInfo: info.haConnectionInfo.map((each) => ({ ...each })),
  });
}

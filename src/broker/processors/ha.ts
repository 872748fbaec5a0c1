/** GET_BROKER_HA_STATUS (907): who copies this broker's log, or whose log it copies. */
import type { ConnectedSlave, DataPlane } from '../../dataplane/data-plane.ts';
import {
  encodeHaRuntimeInfo,
  type HaClientInfo,
  type HaConnectionInfo,
} from '../../remoting/bodies/ha-runtime-info.ts';
import { reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { Family } from './parts.ts';

export const haFamily: Family = ({ dataPlane }) => [
  [
    RequestCode.GET_BROKER_HA_STATUS,
    () => reply(ResponseCode.SUCCESS, { body: haStatus(dataPlane) }),
  ],
];

function haStatus(dataPlane: DataPlane): string {
  const { role, slaves, master } = dataPlane.replicationStatus();
  const isMaster = role !== 'SLAVE';
  return encodeHaRuntimeInfo({
    master: isMaster,
    masterCommitLogMaxOffset: isMaster ? dataPlane.logStatus().maxPhysicalOffset : 0,
    inSyncSlaveNums: slaves.filter((slave) => slave.inSync).length,
    haConnectionInfo: slaves.map(connectionInfo),
    haClientRuntimeInfo: clientInfo(master),
  });
}

function connectionInfo(slave: ConnectedSlave): HaConnectionInfo {
  return {
    addr: slave.address,
    slaveAckOffset: slave.ackOffset,
    diff: slave.lagBytes,
    inSync: slave.inSync,
    transferredByteInSecond: slave.transferredBytesPerSecond,
    // What is not acknowledged yet is on its way or next: the stream is contiguous.
    transferFromWhere: slave.ackOffset,
  };
}

function clientInfo(master: ReturnType<DataPlane['replicationStatus']>['master']): HaClientInfo {
  return {
    masterAddr: master?.address ?? null,
    transferredByteInSecond: master?.transferredBytesPerSecond ?? 0,
    maxOffset: master?.maxOffset ?? 0,
    lastReadTimestamp: master?.lastReadTimestamp ?? 0,
    // The acknowledgement leaves with the read that caused it.
    lastWriteTimestamp: master?.lastReadTimestamp ?? 0,
    masterFlushOffset: master?.masterMaxOffset ?? 0,
  };
}

/**
 * Requests of RocketMQ's tools for parts that this broker does not have, refused with code 3 as
 * every unknown request is, and with the reason.
 */
import type { Handler } from '../../remoting/dispatch.ts';
import { Refusal } from '../../remoting/errors.ts';
import { RequestCode, requestCodeName } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { Family, Peer } from './parts.ts';

const ROCKSDB = 'it keeps no metadata or queues in RocksDB';
const COLD_DATA = 'it does not tell cold data from warm';
const CONTAINER = 'it is no broker container';

const REASONS: readonly (readonly [code: number, reason: string])[] = [
  [RequestCode.CHECK_ROCKSDB_CQ_WRITE_PROGRESS, ROCKSDB],
  [RequestCode.EXPORT_ROCKSDB_CONFIG_TO_JSON, ROCKSDB],
  [RequestCode.UPDATE_COLD_DATA_FLOW_CTR_CONFIG, COLD_DATA],
  [RequestCode.REMOVE_COLD_DATA_FLOW_CTR_CONFIG, COLD_DATA],
  [RequestCode.GET_COLD_DATA_FLOW_CTR_INFO, COLD_DATA],
  [RequestCode.SET_COMMITLOG_READ_MODE, 'the data plane chooses how it reads its log'],
  [RequestCode.ADD_BROKER, CONTAINER],
  [RequestCode.REMOVE_BROKER, CONTAINER],
  [RequestCode.UPDATE_AND_CREATE_STATIC_TOPIC, 'it has no static topics'],
  [RequestCode.GET_TIMER_CHECK_POINT, 'it has no timer wheel'],
  [RequestCode.GET_TIMER_METRICS, 'it has no timer wheel'],
];

export const notServedFamily: Family = () =>
  REASONS.map(([code, reason]) => [code, refusing(code, reason)]);

function refusing(code: number, reason: string): Handler<Peer> {
  const name = requestCodeName(code) ?? String(code);
  const remark = `request type ${code} (${name}) is not supported by this broker: ${reason}`;
  return () => {
    throw new Refusal(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, remark);
  };
}

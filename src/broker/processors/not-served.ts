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
const TRANSACTIONS = 'it has no transactions yet';
const POP = 'it does not serve pop consumption';
const REPLIES = 'it does not carry replies to requests';
const TIMERS = 'it has no timer wheel';
const CONTROLLER = 'it knows no controller; its role is what its configuration says';
const HA_PEERS = 'slaves agree with their master over the HA port alone';
const AUTH = 'it has no users and access control lists yet';

/** By code. */
export const REASONS: readonly (readonly [code: number, reason: string])[] = [
  [RequestCode.CHECK_ROCKSDB_CQ_WRITE_PROGRESS, ROCKSDB],
  [RequestCode.EXPORT_ROCKSDB_CONFIG_TO_JSON, ROCKSDB],
  [RequestCode.UPDATE_COLD_DATA_FLOW_CTR_CONFIG, COLD_DATA],
  [RequestCode.REMOVE_COLD_DATA_FLOW_CTR_CONFIG, COLD_DATA],
  [RequestCode.GET_COLD_DATA_FLOW_CTR_INFO, COLD_DATA],
  [RequestCode.SET_COMMITLOG_READ_MODE, 'the data plane chooses how it reads its log'],
  [RequestCode.ADD_BROKER, CONTAINER],
  [RequestCode.REMOVE_BROKER, CONTAINER],
  [RequestCode.UPDATE_AND_CREATE_STATIC_TOPIC, 'it has no static topics'],
  [RequestCode.GET_TIMER_CHECK_POINT, TIMERS],
  [RequestCode.GET_TIMER_METRICS, TIMERS],
  [RequestCode.RECALL_MESSAGE, TIMERS],
  [RequestCode.END_TRANSACTION, TRANSACTIONS],
  [RequestCode.RESUME_CHECK_HALF_MESSAGE, TRANSACTIONS],
  [RequestCode.SEND_REPLY_MESSAGE, REPLIES],
  [RequestCode.SEND_REPLY_MESSAGE_V2, REPLIES],
  [RequestCode.POP_MESSAGE, POP],
  [RequestCode.ACK_MESSAGE, POP],
  [RequestCode.BATCH_ACK_MESSAGE, POP],
  [RequestCode.PEEK_MESSAGE, POP],
  [RequestCode.CHANGE_MESSAGE_INVISIBLETIME, POP],
  [RequestCode.NOTIFICATION, POP],
  [RequestCode.POLLING_INFO, POP],
  [RequestCode.POP_ROLLBACK, POP],
  [RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, 'no slave of it acts for its master'],
  [RequestCode.EXCHANGE_BROKER_HA_INFO, HA_PEERS],
  [RequestCode.RESET_MASTER_FLUSH_OFFSET, HA_PEERS],
  [RequestCode.GET_BROKER_EPOCH_CACHE, CONTROLLER],
  [RequestCode.NOTIFY_BROKER_ROLE_CHANGED, CONTROLLER],
  [RequestCode.AUTH_CREATE_USER, AUTH],
  [RequestCode.AUTH_UPDATE_USER, AUTH],
  [RequestCode.AUTH_DELETE_USER, AUTH],
  [RequestCode.AUTH_GET_USER, AUTH],
  [RequestCode.AUTH_LIST_USER, AUTH],
  [RequestCode.AUTH_CREATE_ACL, AUTH],
  [RequestCode.AUTH_UPDATE_ACL, AUTH],
  [RequestCode.AUTH_DELETE_ACL, AUTH],
  [RequestCode.AUTH_GET_ACL, AUTH],
  [RequestCode.AUTH_LIST_ACL, AUTH],
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

/**
 * `turbopump/admin`: a RocketMQ cluster's administration for Node programs, Apache's and ours.
 *
 * ```ts
 * import { AdminClient } from 'turbopump/admin';
 * const admin = new AdminClient({ nameServers: ['127.0.0.1:9876'] });
 * const { queues } = await admin.topics.stats('Orders');
 * await admin.close();
 * ```
 *
 * Calls are grouped by noun and mirror Java's `DefaultMQAdminExt`; answers are plain values. A
 * broker's refusal is an {@link AnswerError} with RocketMQ's response code and the address;
 * an address that cannot be reached is a ConnectError, one that stays silent a RequestTimeoutError.
 */

export {
  AnswerError,
  ConnectError,
  ConnectionClosedError,
  RequestTimeoutError,
} from '../remoting/errors.ts';
export { ResponseCode } from '../remoting/response-code.ts';
export { AdminClient, type AdminClientOptions } from './admin-client.ts';
export type * from './answers.ts';
export { reasonOf } from './asker.ts';
export { parseAttributes } from './attributes.ts';
export type { ClientAdmin } from './clients.ts';
export type { ClusterAdmin } from './clusters.ts';
export type { ConfigAdmin } from './config.ts';
export { parseGroupList, parseTopicList } from './decode-settings.ts';
export type { Backlog, GroupBacklog } from './drain/backlog.ts';
export {
  brokerToDrain,
  type Closing,
  closeForWrites,
  type DrainedBroker,
  openForWrites,
} from './drain/index.ts';
export { drainLooks, type Look, type WatchOptions } from './drain/watch.ts';
export type { GroupAdmin, RequestMode } from './groups.ts';
export { allInOrder, inOrder, type OnMissing, type Outcome } from './in-order.ts';
export { decodeRecords, RecordError, type StoredMessage } from './message-record.ts';
export type { MessageAdmin, MessageQuestion, QueueQuestion } from './messages.ts';
export type { OffsetAdmin, ResetQuestion } from './offsets.ts';
export type { PullAnswer, PullQuestion } from './pull.ts';
export type { MessageToSend } from './send.ts';
export { dayCount, type StatsAdmin } from './stats.ts';
export type {
  StoreAdmin,
  StoreCheckResult,
  StoreCheckState,
  StoreFinding,
} from './store-check.ts';
export type { TopicAdmin } from './topics.ts';
export { type MessageTrack, type TrackType, trackOf } from './track.ts';
export { originOf, type UniqueIdOrigin } from './unique-id.ts';
export { type WhereIsQuestion, whereIs } from './where-is/index.ts';
export type * from './where-is/story.ts';

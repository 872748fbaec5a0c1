/** Every command of `mqadmin`, in the order of RocketMQ's list; the refused ones come last. */
import type { CliCommand } from '../command.ts';
import { brokerConsumeStats } from './broker/broker-consume-stats.ts';
import { brokerStatus } from './broker/broker-status.ts';
import { cleanExpiredCQ } from './broker/clean-expired-cq.ts';
import { cleanUnusedTopic } from './broker/clean-unused-topic.ts';
import { deleteExpiredCommitLog } from './broker/delete-expired-commit-log.ts';
import { drain } from './broker/drain.ts';
import { getBrokerConfig } from './broker/get-broker-config.ts';
import { resetMasterFlushOffset } from './broker/reset-master-flush-offset.ts';
import { sendMsgStatus } from './broker/send-msg-status.ts';
import { updateBrokerConfig } from './broker/update-broker-config.ts';
import { verifyStore } from './broker/verify-store.ts';
import { clusterList } from './cluster/cluster-list.ts';
import { clusterRt } from './cluster/cluster-rt.ts';
import { consumerConnection } from './connection/consumer-connection.ts';
import { producerConnection } from './connection/producer-connection.ts';
import { consumerProgress } from './consumer/consumer-progress.ts';
import { consumerStatus } from './consumer/consumer-status.ts';
import { deleteSubGroup } from './consumer/delete-sub-group.ts';
import { getConsumerConfig } from './consumer/get-consumer-config.ts';
import { setConsumeMode } from './consumer/set-consume-mode.ts';
import { startMonitoring } from './consumer/start-monitoring.ts';
import { updateSubGroup } from './consumer/update-sub-group.ts';
import { updateSubGroupList } from './consumer/update-sub-group-list.ts';
import { exportConfigs } from './export/export-configs.ts';
import { exportMetadata } from './export/export-metadata.ts';
import { exportMetrics } from './export/export-metrics.ts';
import { haStatus } from './ha/ha-status.ts';
import { checkMsgSendRt } from './message/check-msg-send-rt.ts';
import { consumeMessage } from './message/consume-message.ts';
import { printMsg } from './message/print-msg.ts';
import { printMsgByQueue } from './message/print-msg-by-queue.ts';
import { queryMsgById } from './message/query-msg-by-id.ts';
import { queryMsgByKey } from './message/query-msg-by-key.ts';
import { queryMsgByOffset } from './message/query-msg-by-offset.ts';
import { queryMsgByUniqueKey } from './message/query-msg-by-unique-key.ts';
import { queryMsgTraceById } from './message/query-msg-trace-by-id.ts';
import { sendMessage } from './message/send-message.ts';
import { whereIs } from './message/where-is.ts';
import { addWritePerm } from './namesrv/add-write-perm.ts';
import { deleteKvConfig } from './namesrv/delete-kv-config.ts';
import { getNamesrvConfig } from './namesrv/get-namesrv-config.ts';
import { updateKvConfig } from './namesrv/update-kv-config.ts';
import { updateNamesrvConfig } from './namesrv/update-namesrv-config.ts';
import { wipeWritePerm } from './namesrv/wipe-write-perm.ts';
import { cloneGroupOffset } from './offset/clone-group-offset.ts';
import { resetOffsetByTime } from './offset/reset-offset-by-time.ts';
import { skipAccumulatedMessage } from './offset/skip-accumulated-message.ts';
import { producer } from './producer/producer.ts';
import { queryCq } from './queue/query-cq.ts';
import { refusedCommands } from './refused.ts';
import { statsAll } from './stats/stats-all.ts';
import { allocateMq } from './topic/allocate-mq.ts';
import { deleteTopic } from './topic/delete-topic.ts';
import { topicClusterList } from './topic/topic-cluster-list.ts';
import { topicList } from './topic/topic-list.ts';
import { topicRoute } from './topic/topic-route.ts';
import { topicStatus } from './topic/topic-status.ts';
import { updateOrderConf } from './topic/update-order-conf.ts';
import { updateTopic } from './topic/update-topic.ts';
import { updateTopicList } from './topic/update-topic-list.ts';
import { updateTopicPerm } from './topic/update-topic-perm.ts';

export const allCommands: readonly CliCommand[] = [
  updateTopic,
  updateTopicList,
  deleteTopic,
  updateSubGroup,
  updateSubGroupList,
  setConsumeMode,
  deleteSubGroup,
  updateBrokerConfig,
  updateTopicPerm,
  topicRoute,
  topicStatus,
  topicClusterList,
  resetMasterFlushOffset,
  brokerStatus,
  queryMsgById,
  queryMsgByKey,
  queryMsgByUniqueKey,
  queryMsgByOffset,
  queryMsgTraceById,
  printMsg,
  printMsgByQueue,
  sendMsgStatus,
  brokerConsumeStats,
  producerConnection,
  consumerConnection,
  consumerProgress,
  consumerStatus,
  cloneGroupOffset,
  producer,
  clusterList,
  topicList,
  updateKvConfig,
  deleteKvConfig,
  wipeWritePerm,
  addWritePerm,
  resetOffsetByTime,
  skipAccumulatedMessage,
  updateOrderConf,
  cleanExpiredCQ,
  deleteExpiredCommitLog,
  cleanUnusedTopic,
  startMonitoring,
  statsAll,
  allocateMq,
  checkMsgSendRt,
  clusterRt,
  getNamesrvConfig,
  updateNamesrvConfig,
  getBrokerConfig,
  getConsumerConfig,
  queryCq,
  sendMessage,
  consumeMessage,
  exportMetadata,
  exportConfigs,
  exportMetrics,
  haStatus,
  whereIs,
  drain,
  verifyStore,
  ...refusedCommands,
];

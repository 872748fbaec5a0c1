/** Every command of `mqadmin`, in the order of its list. */
import type { CliCommand } from '../command.ts';
import { brokerStatus } from './broker/broker-status.ts';
import { clusterList } from './cluster/cluster-list.ts';
import { consumerProgress } from './consumer/consumer-progress.ts';
import { consumeMessage } from './message/consume-message.ts';
import { queryMsgById } from './message/query-msg-by-id.ts';
import { queryMsgByKey } from './message/query-msg-by-key.ts';
import { sendMessage } from './message/send-message.ts';
import { deleteTopic } from './topic/delete-topic.ts';
import { topicList } from './topic/topic-list.ts';
import { topicRoute } from './topic/topic-route.ts';
import { topicStatus } from './topic/topic-status.ts';
import { updateTopic } from './topic/update-topic.ts';

export const allCommands: readonly CliCommand[] = [
  updateTopic,
  deleteTopic,
  topicList,
  topicRoute,
  topicStatus,
  brokerStatus,
  queryMsgById,
  queryMsgByKey,
  sendMessage,
  consumeMessage,
  consumerProgress,
  clusterList,
];

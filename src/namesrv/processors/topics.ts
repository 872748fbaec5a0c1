/** Topics: their lists, and what administrators do to them: 205-224, 304, 311-313, 327. */
import { encodeTopicList } from '../../remoting/bodies/topic-list.ts';
import { readAddWritePerm } from '../../remoting/commands/add-write-perm.ts';
import { readDeleteTopicInNamesrv } from '../../remoting/commands/delete-topic-in-namesrv.ts';
import { readGetTopicsByCluster } from '../../remoting/commands/get-topics-by-cluster.ts';
import { readRegisterTopic } from '../../remoting/commands/register-topic.ts';
import { readWipeWritePerm } from '../../remoting/commands/wipe-write-perm.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { UnitFilter } from '../topic-queues.ts';
import { type HandlerTable, type NameServerContext, requireEnabled, success } from './context.ts';

export function topicHandlers(context: NameServerContext): HandlerTable {
  return [
    [RequestCode.WIPE_WRITE_PERM_OF_BROKER, (request) => wipeWrite(context, request)],
    [RequestCode.ADD_WRITE_PERM_OF_BROKER, (request) => restoreWrite(context, request)],
    [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, () => allTopics(context)],
    [RequestCode.DELETE_TOPIC_IN_NAMESRV, (request) => deleteTopic(context, request)],
    [RequestCode.REGISTER_TOPIC_IN_NAMESRV, (request) => registerTopic(context, request)],
    [RequestCode.GET_TOPICS_BY_CLUSTER, (request) => topicsOfCluster(context, request)],
    [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, () => systemTopics(context)],
    [RequestCode.GET_UNIT_TOPIC_LIST, () => unitTopics(context, 'unit')],
    [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, () => unitTopics(context, 'unitSub')],
    [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, () => unitTopics(context, 'unitSubNotUnit')],
  ];
}

function wipeWrite(context: NameServerContext, request: RemotingCommand): Reply {
  const { brokerName } = readWipeWritePerm(request);
  const wipeTopicCount = context.routes.queues.wipeWrite(brokerName);
  context.logger.info({ brokerName, wipeTopicCount }, 'write permission wiped');
  return reply(ResponseCode.SUCCESS, { extFields: { wipeTopicCount } });
}

function restoreWrite(context: NameServerContext, request: RemotingCommand): Reply {
  const { brokerName } = readAddWritePerm(request);
  const addTopicCount = context.routes.queues.restoreWrite(brokerName);
  context.logger.info({ brokerName, addTopicCount }, 'write permission restored');
  return reply(ResponseCode.SUCCESS, { extFields: { addTopicCount } });
}

function allTopics(context: NameServerContext): Reply {
  requireEnabled(context, 'enableAllTopicList');
  return success(encodeTopicList(context.routes.queues.names()));
}

function deleteTopic(context: NameServerContext, request: RemotingCommand): Reply {
  const { topic, clusterName } = readDeleteTopicInNamesrv(request);
  context.routes.deleteTopic(topic, clusterName);
  context.logger.info({ topic, clusterName }, 'topic deleted');
  return success();
}

/** Java answers success as well when a broker set is unknown, and registers nothing. */
function registerTopic(context: NameServerContext, request: RemotingCommand): Reply {
  const { topic, queueDatas } = readRegisterTopic(request);
  if (!context.routes.registerTopic(topic, queueDatas)) {
    context.logger.warn({ topic }, 'topic names a broker set that is not registered; ignored');
  }
  return success();
}

/** An unknown cluster has no topics; Java answers the same after logging an exception. */
function topicsOfCluster(context: NameServerContext, request: RemotingCommand): Reply {
  requireEnabled(context, 'enableTopicList');
  const { cluster } = readGetTopicsByCluster(request);
  const { sets, queues } = context.routes;
  const names = [...(sets.ofCluster(cluster) ?? [])].flatMap((set) => queues.ofBroker(set));
  return success(encodeTopicList(new Set(names)));
}

/** Names of clusters and sets are topics that brokers create; tools leave them out of lists. */
function systemTopics(context: NameServerContext): Reply {
  const { sets } = context.routes;
  const names = [...sets.clusters()].flatMap(([cluster, brokers]) => [cluster, ...brokers]);
  const addresses = [...sets.all().values()].flatMap((set) => [...set.brokerAddrs.values()]);
  return success(encodeTopicList(new Set(names), addresses[0] ?? null));
}

function unitTopics(context: NameServerContext, filter: UnitFilter): Reply {
  requireEnabled(context, 'enableTopicList');
  return success(encodeTopicList(context.routes.queues.withUnits(filter)));
}

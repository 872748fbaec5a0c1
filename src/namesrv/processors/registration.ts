/** Requests by which brokers come, stay and go: 103, 104, 322, 904, and 901 which lists a set. */
import { encodeBrokerMemberGroup } from '../../remoting/bodies/broker-member-group.ts';
import { dataVersionJson } from '../../remoting/bodies/data-version.ts';
import { encodeKvTable } from '../../remoting/bodies/kv-table.ts';
import { readBrokerHeartbeat } from '../../remoting/commands/broker-heartbeat.ts';
import { readGetBrokerMemberGroup } from '../../remoting/commands/get-broker-member-group.ts';
import { readQueryDataVersion } from '../../remoting/commands/query-data-version.ts';
import { readRegisterBroker } from '../../remoting/commands/register-broker.ts';
import { readUnregisterBroker } from '../../remoting/commands/unregister-broker.ts';
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { Connection } from '../../remoting/server.ts';
import { ORDER_TOPIC_CONFIG } from '../kv-config.ts';
import { type HandlerTable, type NameServerContext, success } from './context.ts';

export function registrationHandlers(context: NameServerContext): HandlerTable {
  return [
    [RequestCode.REGISTER_BROKER, (request, from) => register(context, request, from)],
    [RequestCode.UNREGISTER_BROKER, (request) => unregister(context, request)],
    [RequestCode.QUERY_DATA_VERSION, (request) => queryDataVersion(context, request)],
    [RequestCode.BROKER_HEARTBEAT, (request) => heartbeat(context, request)],
    [RequestCode.GET_BROKER_MEMBER_GROUP, (request) => memberGroup(context, request)],
  ];
}

function register(context: NameServerContext, request: RemotingCommand, from: Connection): Reply {
  const broker = readRegisterBroker(request);
  const { clusterName, brokerName, brokerAddr, brokerId } = broker;
  const isNew = context.routes.live.find(clusterName, brokerAddr) === null;
  const registered = context.routes.register(broker, from);
  if (registered === null) {
    context.logger.warn(
      { clusterName, brokerName, brokerAddr, brokerId },
      'registration of one topic refused: its broker is not registered',
    );
    throw new Refusal(ResponseCode.SYSTEM_ERROR, 'register broker failed');
  }
  if (isNew) {
    context.logger.info({ clusterName, brokerName, brokerAddr, brokerId }, 'broker registered');
  }
  const orderTopics = context.settings.boolean('returnOrderTopicConfigToBroker')
    ? context.kv.namespace(ORDER_TOPIC_CONFIG)
    : null;
  return reply(ResponseCode.SUCCESS, {
    extFields: { ...registered },
    body: orderTopics === null ? undefined : encodeKvTable(orderTopics),
  });
}

function unregister(context: NameServerContext, request: RemotingCommand): Reply {
  const broker = readUnregisterBroker(request);
  context.routes.unregister(broker);
  context.logger.info({ ...broker }, 'broker unregistered');
  return success();
}

function queryDataVersion(context: NameServerContext, request: RemotingCommand): Reply {
  const { clusterName, brokerAddr, dataVersion } = readQueryDataVersion(request);
  const changed = context.routes.isChanged(clusterName, brokerAddr, dataVersion);
  context.routes.live.touch(clusterName, brokerAddr);
  const known = context.routes.live.find(clusterName, brokerAddr);
  return reply(ResponseCode.SUCCESS, {
    extFields: { changed },
    body: known === null ? undefined : stringifyJson(dataVersionJson(known.dataVersion)),
  });
}

function heartbeat(context: NameServerContext, request: RemotingCommand): Reply {
  const { clusterName, brokerAddr } = readBrokerHeartbeat(request);
  context.routes.live.touch(clusterName, brokerAddr);
  return success();
}

function memberGroup(context: NameServerContext, request: RemotingCommand): Reply {
  const { clusterName, brokerName } = readGetBrokerMemberGroup(request);
  const brokerAddrs = context.routes.sets.find(brokerName)?.brokerAddrs ?? new Map();
  return success(encodeBrokerMemberGroup({ cluster: clusterName, brokerName, brokerAddrs }));
}

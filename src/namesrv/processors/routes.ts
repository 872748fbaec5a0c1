/** What clients ask: 105, the route of a topic, and 106, the whole cluster. */
import { encodeClusterInfo } from '../../remoting/bodies/cluster-info.ts';
import { encodeTopicRoute } from '../../remoting/bodies/topic-route.ts';
import { readGetRouteInfo } from '../../remoting/commands/get-route-info.ts';
import { Refusal } from '../../remoting/errors.ts';
import type { RemotingCommand, Reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { ORDER_TOPIC_CONFIG } from '../kv-config.ts';
import { inZone, routeOf } from '../route-view.ts';
import { type HandlerTable, type NameServerContext, success } from './context.ts';

export function routeHandlers(context: NameServerContext): HandlerTable {
  return [
    [RequestCode.GET_ROUTEINFO_BY_TOPIC, (request) => routeInfo(context, request)],
    [RequestCode.GET_BROKER_CLUSTER_INFO, () => clusterInfo(context)],
  ];
}

function routeInfo(context: NameServerContext, request: RemotingCommand): Reply {
  const { topic, standardJson, zoneName } = readGetRouteInfo(request);
  refuseTooEarly(context);
  const { routes, settings, kv } = context;
  const route = routeOf(routes, topic, settings.boolean('supportActingMaster'));
  if (route === null) {
    throw new Refusal(
      ResponseCode.TOPIC_NOT_EXIST,
      `No topic route info in name server for the topic: ${topic}`,
    );
  }
  const orderTopicConf = settings.boolean('orderMessageEnable')
    ? kv.get(ORDER_TOPIC_CONFIG, topic)
    : null;
  const whole = { ...route, orderTopicConf };
  const view = zoneName === null ? whole : inZone(whole, zoneName);
  return success(encodeTopicRoute(view, routes.queueMappingsOf(topic), standardJson));
}

/** A name server that has just started knows too little; `needWaitForService` lets it say so. */
function refuseTooEarly(context: NameServerContext): void {
  const { settings } = context;
  const waitMs = settings.integer('waitSecondsForService') * 1000;
  if (settings.boolean('needWaitForService') && context.uptimeMs() < waitMs) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, 'name server not ready');
  }
}

function clusterInfo(context: NameServerContext): Reply {
  const { sets } = context.routes;
  return success(encodeClusterInfo({ brokers: sets.all(), clusters: sets.clusters() }));
}

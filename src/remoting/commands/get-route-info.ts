/**
 * 105: where a topic lives; the answer is `bodies/topic-route.ts`. Only code 17 makes producers
 * fetch the route of TBW102 instead.
 */
import { optionalBoolean, optionalText, requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';
import { Version } from '../version.ts';

export interface GetRouteInfoRequest {
  readonly topic: string;
  /** Quoted broker ids: the client asked, or is V4_9_4 or newer. */
  readonly standardJson: boolean;
  /** Zone whose brokers are wanted; null without zone mode. */
  readonly zoneName: string | null;
}

export function getRouteInfoRequest(topic: string): RemotingCommand {
  return createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, { extFields: { topic } });
}

export function readGetRouteInfo(request: RemotingCommand): GetRouteInfoRequest {
  const fields = request.extFields;
  const zoneMode = optionalBoolean(fields, '__ZONE_MODE') ?? false;
  const asked = optionalBoolean(fields, 'acceptStandardJsonOnly') ?? false;
  return {
    topic: requiredText(fields, 'topic'),
    standardJson: asked || request.version >= Version.V4_9_4,
    zoneName: zoneMode ? optionalText(fields, '__ZONE_NAME') : null,
  };
}

/** 224: topics that live on brokers of a cluster. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface GetTopicsByClusterRequest {
  readonly cluster: string;
}

export function getTopicsByClusterRequest(fields: GetTopicsByClusterRequest): RemotingCommand {
  return createRequest(RequestCode.GET_TOPICS_BY_CLUSTER, { extFields: { ...fields } });
}

export function readGetTopicsByCluster(request: RemotingCommand): GetTopicsByClusterRequest {
  return {
    cluster: requiredText(request.extFields, 'cluster'),
  };
}

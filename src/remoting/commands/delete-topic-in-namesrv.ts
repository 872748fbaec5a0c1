/** 216: forgets a topic, of one cluster when it is named. */
import { optionalText, requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface DeleteTopicInNamesrvRequest {
  readonly topic: string;
  readonly clusterName: string | null;
}

export function deleteTopicInNamesrvRequest(fields: DeleteTopicInNamesrvRequest): RemotingCommand {
  return createRequest(RequestCode.DELETE_TOPIC_IN_NAMESRV, { extFields: { ...fields } });
}

export function readDeleteTopicInNamesrv(request: RemotingCommand): DeleteTopicInNamesrvRequest {
  return {
    topic: requiredText(request.extFields, 'topic'),
    clusterName: optionalText(request.extFields, 'clusterName'),
  };
}

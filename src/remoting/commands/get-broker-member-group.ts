/** 901: members of a broker set; the answer is `bodies/broker-member-group.ts`. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface GetBrokerMemberGroupRequest {
  readonly clusterName: string;
  readonly brokerName: string;
}

export function getBrokerMemberGroupRequest(fields: GetBrokerMemberGroupRequest): RemotingCommand {
  return createRequest(RequestCode.GET_BROKER_MEMBER_GROUP, { extFields: { ...fields } });
}

export function readGetBrokerMemberGroup(request: RemotingCommand): GetBrokerMemberGroupRequest {
  return {
    clusterName: requiredText(request.extFields, 'clusterName'),
    brokerName: requiredText(request.extFields, 'brokerName'),
  };
}

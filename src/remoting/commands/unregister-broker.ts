/** 104: a broker leaves; also sent by a name server to itself in Java. */
import { requiredInteger, requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface UnregisterBrokerRequest {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly brokerName: string;
  readonly brokerId: number;
}

export function unregisterBrokerRequest(fields: UnregisterBrokerRequest): RemotingCommand {
  return createRequest(RequestCode.UNREGISTER_BROKER, { extFields: { ...fields } });
}

export function readUnregisterBroker(request: RemotingCommand): UnregisterBrokerRequest {
  return {
    clusterName: requiredText(request.extFields, 'clusterName'),
    brokerAddr: requiredText(request.extFields, 'brokerAddr'),
    brokerName: requiredText(request.extFields, 'brokerName'),
    brokerId: requiredInteger(request.extFields, 'brokerId'),
  };
}

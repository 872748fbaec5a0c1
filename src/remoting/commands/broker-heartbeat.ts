/** 904: a broker is alive; keeps its registration without repeating it. */
import { optionalText, requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface BrokerHeartbeatRequest {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly brokerName: string | null;
}

export function brokerHeartbeatRequest(fields: BrokerHeartbeatRequest): RemotingCommand {
  return createRequest(RequestCode.BROKER_HEARTBEAT, { extFields: { ...fields } });
}

export function readBrokerHeartbeat(request: RemotingCommand): BrokerHeartbeatRequest {
  return {
    clusterName: requiredText(request.extFields, 'clusterName'),
    brokerAddr: requiredText(request.extFields, 'brokerAddr'),
    brokerName: optionalText(request.extFields, 'brokerName'),
  };
}

/** 327: sets the permission of all topics of a broker to read and write, dropping other bits;
 * answer field `addTopicCount`. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface AddWritePermRequest {
  readonly brokerName: string;
}

export function addWritePermRequest(fields: AddWritePermRequest): RemotingCommand {
  return createRequest(RequestCode.ADD_WRITE_PERM_OF_BROKER, { extFields: { ...fields } });
}

export function readAddWritePerm(request: RemotingCommand): AddWritePermRequest {
  return {
    brokerName: requiredText(request.extFields, 'brokerName'),
  };
}

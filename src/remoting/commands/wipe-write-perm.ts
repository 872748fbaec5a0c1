/** 205: drops the write bit of all topics of a broker; answer field `wipeTopicCount`. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface WipeWritePermRequest {
  readonly brokerName: string;
}

export function wipeWritePermRequest(fields: WipeWritePermRequest): RemotingCommand {
  return createRequest(RequestCode.WIPE_WRITE_PERM_OF_BROKER, { extFields: { ...fields } });
}

export function readWipeWritePerm(request: RemotingCommand): WipeWritePermRequest {
  return {
    brokerName: requiredText(request.extFields, 'brokerName'),
  };
}

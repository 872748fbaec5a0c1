/** 100: sets one value of a namespace; persisted before it is answered. */
import { optionalText, requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface PutKvConfigRequest {
  readonly namespace: string;
  readonly key: string;
  readonly value: string | null;
}

export function putKvConfigRequest(fields: PutKvConfigRequest): RemotingCommand {
  return createRequest(RequestCode.PUT_KV_CONFIG, { extFields: { ...fields } });
}

export function readPutKvConfig(request: RemotingCommand): PutKvConfigRequest {
  return {
    namespace: requiredText(request.extFields, 'namespace'),
    key: requiredText(request.extFields, 'key'),
    value: optionalText(request.extFields, 'value'),
  };
}

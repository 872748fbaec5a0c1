/** 102: removes one value of a namespace. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface DeleteKvConfigRequest {
  readonly namespace: string;
  readonly key: string;
}

export function deleteKvConfigRequest(fields: DeleteKvConfigRequest): RemotingCommand {
  return createRequest(RequestCode.DELETE_KV_CONFIG, { extFields: { ...fields } });
}

export function readDeleteKvConfig(request: RemotingCommand): DeleteKvConfigRequest {
  return {
    namespace: requiredText(request.extFields, 'namespace'),
    key: requiredText(request.extFields, 'key'),
  };
}

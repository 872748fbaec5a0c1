/** 101: one value of a namespace, in answer field `value`; 22 when there is none. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface GetKvConfigRequest {
  readonly namespace: string;
  readonly key: string;
}

export function getKvConfigRequest(fields: GetKvConfigRequest): RemotingCommand {
  return createRequest(RequestCode.GET_KV_CONFIG, { extFields: { ...fields } });
}

export function readGetKvConfig(request: RemotingCommand): GetKvConfigRequest {
  return {
    namespace: requiredText(request.extFields, 'namespace'),
    key: requiredText(request.extFields, 'key'),
  };
}

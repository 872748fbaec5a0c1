/** 219: a whole namespace as `bodies/kv-table.ts`; 22 when there is none. */
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface GetKvListByNamespaceRequest {
  readonly namespace: string;
}

export function getKvListByNamespaceRequest(fields: GetKvListByNamespaceRequest): RemotingCommand {
  return createRequest(RequestCode.GET_KVLIST_BY_NAMESPACE, { extFields: { ...fields } });
}

export function readGetKvListByNamespace(request: RemotingCommand): GetKvListByNamespaceRequest {
  return {
    namespace: requiredText(request.extFields, 'namespace'),
  };
}

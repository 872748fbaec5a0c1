/** 312: topics whose flag says that units subscribe. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getHasUnitSubTopicsRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST);
}

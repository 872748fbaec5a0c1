/** 311: topics whose flag says unit. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getUnitTopicsRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_UNIT_TOPIC_LIST);
}

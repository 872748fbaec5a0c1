/** 313: topics to which units subscribe and that are of no unit. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getHasUnitSubUnunitTopicsRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST);
}

/** 319: the running configuration as `key=value` lines. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getNamesrvConfigRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_NAMESRV_CONFIG);
}

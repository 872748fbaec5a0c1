/** 318: changes configuration keys of a running name server; body is `key=value` lines. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function updateNamesrvConfigRequest(lines: string): RemotingCommand {
  return createRequest(RequestCode.UPDATE_NAMESRV_CONFIG, { body: Buffer.from(lines) });
}

/** What a slave refuses, since the next copy from its master would undo it. */
import { Refusal } from '../../remoting/errors.ts';
import type { RemotingCommand, Reply } from '../../remoting/remoting-command.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { isSlave } from '../ha/role.ts';
import type { BrokerParts } from './parts.ts';

type Act = (parts: BrokerParts, request: RemotingCommand) => Promise<Reply> | Reply;

/** As Java AdminBrokerProcessor.validateSlave. */
export function onMasterOnly(act: Act): Act {
  return (parts, request) => {
    if (!isSlave(parts.settings)) return act(parts, request);
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      "Can't modify topic or subscription group from slave broker, please execute it from " +
        'master broker.',
    );
  };
}

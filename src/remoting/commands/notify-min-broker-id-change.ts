/** NOTIFY_MIN_BROKER_ID_CHANGE: a name server tells brokers that their set has a new lowest id. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export interface MinBrokerIdChange {
  readonly minBrokerId: number;
  readonly minBrokerAddr: string;
  readonly offlineBrokerAddr: string | null;
  readonly haBrokerAddr: string | null;
}

export function notifyMinBrokerIdChangeRequest(change: MinBrokerIdChange): RemotingCommand {
  return createRequest(RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, {
    extFields: { ...change },
    oneway: true,
  });
}

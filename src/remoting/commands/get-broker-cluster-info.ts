/** 106: all clusters and brokers; the answer is `bodies/cluster-info.ts`. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getBrokerClusterInfoRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_BROKER_CLUSTER_INFO);
}

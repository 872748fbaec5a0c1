/** 304: names of clusters and brokers, and one address of a broker. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getSystemTopicsFromNsRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS);
}

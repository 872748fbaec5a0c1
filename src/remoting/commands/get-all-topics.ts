/** 206: names of all topics; the answer is `bodies/topic-list.ts`. */
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';

export function getAllTopicsRequest(): RemotingCommand {
  return createRequest(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER);
}

/** How groups are to fetch: 401 sets the mode of a topic and group, 402 tells all of them. */
import { RETRY_PREFIX } from '../../model/topic-name.ts';
import { Refusal } from '../../remoting/errors.ts';
import {
  asObject,
  integerMember,
  parseJson,
  stringifyJson,
  textMember,
} from '../../remoting/fastjson.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { BrokerParts, Family } from './parts.ts';

export const requestModeFamily: Family = (parts) => [
  [RequestCode.SET_MESSAGE_REQUEST_MODE, (request) => setMode(parts, request)],
  [
    RequestCode.GET_ALL_MESSAGE_REQUEST_MODE,
    () => reply(ResponseCode.SUCCESS, { body: stringifyJson(parts.requestModes.json()) }),
  ],
];

async function setMode(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const body = asObject(parseJson(request.body), 'request mode');
  const topic = textMember(body, 'topic') ?? '';
  const consumerGroup = textMember(body, 'consumerGroup') ?? '';
  const mode = textMember(body, 'mode') ?? 'PULL';
  if (topic.startsWith(RETRY_PREFIX)) {
    throw new Refusal(ResponseCode.NO_PERMISSION, 'retry topic is not allowed to set mode');
  }
  const remark = fault(parts, topic, consumerGroup, mode);
  if (remark !== null) throw new Refusal(ResponseCode.INVALID_PARAMETER, remark);
  const popShareQueueNum = integerMember(body, 'popShareQueueNum') ?? 0;
  await parts.requestModes.set({ topic, consumerGroup, mode, popShareQueueNum });
  return reply(ResponseCode.SUCCESS);
}

/** A consumer told to pop from a broker that serves no pop would get nothing at all. */
function fault(parts: BrokerParts, topic: string, group: string, mode: string): string | null {
  if (parts.topics.find(topic) === null) return `topic[${topic.slice(0, 255)}] not exist`;
  if (parts.groups.find(group) === null) return `group[${group.slice(0, 255)}] not exist`;
  if (mode === 'PULL') return null;
  if (mode === 'POP') return 'this broker does not serve pop consumption: mode POP is refused';
  return `mode is PULL or POP: ${mode.slice(0, 64)}`;
}

/** 217: adds a topic's queues on known brokers; body is a route (Java `TopicRouteData`). */
import type { QueueData } from '../../model/route.ts';
import { readQueueDatas } from '../bodies/topic-route.ts';
import { Refusal } from '../errors.ts';
import { asObject, parseJson, stringifyJson } from '../fastjson.ts';
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';
import { ResponseCode } from '../response-code.ts';

export interface RegisterTopicRequest {
  readonly topic: string;
  readonly queueDatas: readonly QueueData[];
}

export function registerTopicRequest(register: RegisterTopicRequest): RemotingCommand {
  const body = stringifyJson({ queueDatas: register.queueDatas.map((queue) => ({ ...queue })) });
  return createRequest(RequestCode.REGISTER_TOPIC_IN_NAMESRV, {
    extFields: { topic: register.topic },
    body: Buffer.from(body),
  });
}

export function readRegisterTopic(request: RemotingCommand): RegisterTopicRequest {
  const topic = requiredText(request.extFields, 'topic');
  if (request.body.length === 0) {
    return { topic, queueDatas: [] };
  }
  try {
    return { topic, queueDatas: readQueueDatas(asObject(parseJson(request.body), 'route')) };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Refusal(ResponseCode.SYSTEM_ERROR, `the request is at fault: ${cause}`);
  }
}

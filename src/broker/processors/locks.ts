/** Queue locks of orderly consumers: 41 locks or renews, 42 releases. */
import type { MessageQueue } from '../../model/message-queue.ts';
import {
  arrayMember,
  asObject,
  integerMember,
  type JsonObject,
  parseJson,
  stringifyJson,
  textMember,
} from '../../remoting/fastjson.ts';
import { type RemotingCommand, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { Family } from './parts.ts';

interface LockRequest {
  group: string;
  clientId: string;
  queues: MessageQueue[];
}

export const lockFamily: Family = ({ locks }) => [
  [
    RequestCode.LOCK_BATCH_MQ,
    (request) => {
      const { group, queues, clientId } = decode(request);
      const lockOKMQSet = locks.lock(group, queues, clientId).map((queue) => ({ ...queue }));
      return reply(ResponseCode.SUCCESS, { body: stringifyJson({ lockOKMQSet }) });
    },
  ],
  [
    RequestCode.UNLOCK_BATCH_MQ,
    (request) => {
      const { group, queues, clientId } = decode(request);
      locks.unlock(group, queues, clientId);
      return reply(ResponseCode.SUCCESS);
    },
  ],
];

function decode(request: RemotingCommand): LockRequest {
  const body = asObject(parseJson(request.body), 'lock request');
  return {
    group: textMember(body, 'consumerGroup') ?? '',
    clientId: textMember(body, 'clientId') ?? '',
    queues: (arrayMember(body, 'mqSet') ?? []).map((each) => queueFrom(asObject(each, 'queue'))),
  };
}

function queueFrom(json: JsonObject): MessageQueue {
  return {
    topic: textMember(json, 'topic') ?? '',
    brokerName: textMember(json, 'brokerName') ?? '',
    queueId: integerMember(json, 'queueId') ?? 0,
  };
}

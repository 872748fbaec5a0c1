/**
 * Who is connected: consumers of a group 203, producers of a group 204, all producers 328, and
 * the question 307 that is handed on to a consumer (Java AdminBrokerProcessor).
 */
import { Refusal, RequestTimeoutError } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { requiredText } from '../../remoting/fields.ts';
import {
  createRequest,
  type RemotingCommand,
  type Reply,
  reply,
} from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { Version, versionName } from '../../remoting/version.ts';
import type { Member } from '../clients/member.ts';
import type { BrokerParts, Family } from './parts.ts';

/** Below the 15 s that mqadmin itself waits. */
const CLIENT_TIMEOUT_MS = 10_000;

export const connectionFamily: Family = (parts) => [
  [RequestCode.GET_CONSUMER_CONNECTION_LIST, (request) => consumerConnections(parts, request)],
  [RequestCode.GET_PRODUCER_CONNECTION_LIST, (request) => producerConnections(parts, request)],
  [RequestCode.GET_ALL_PRODUCER_INFO, () => allProducers(parts)],
  [RequestCode.GET_CONSUMER_RUNNING_INFO, (request) => askConsumer(parts, request)],
];

function connectionJson(member: Member) {
  return {
    clientId: member.clientId,
    clientAddr: member.remoteAddress,
    language: member.language,
    version: member.version,
  };
}

function consumerConnections(parts: BrokerParts, request: RemotingCommand): Reply {
  const name = requiredText(request.extFields, 'consumerGroup');
  const group = parts.consumers.find(name);
  if (group === null) {
    throw new Refusal(
      ResponseCode.CONSUMER_NOT_ONLINE,
      `the consumer group[${name.slice(0, 255)}] not online`,
    );
  }
  const subscriptions = [...group.subscriptions];
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({
      connectionSet: [...group.members.values()].map(connectionJson),
      consumeFromWhere: group.consumeFromWhere,
      consumeType: group.consumeType,
      messageModel: group.messageModel,
      subscriptionTable: new Map(subscriptions.map(([topic, each]) => [topic, { ...each }])),
    }),
  });
}

function producerConnections(parts: BrokerParts, request: RemotingCommand): Reply {
  const name = requiredText(request.extFields, 'producerGroup');
  const members = parts.producers.membersOf(name);
  if (members === null) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `the producer group[${name.slice(0, 255)}] not exist`,
    );
  }
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({ connectionSet: members.map(connectionJson) }),
  });
}

function allProducers(parts: BrokerParts): Reply {
  const data = parts.producers.all().map(
    ({ group, members }) =>
      [
        group,
        members.map((member) => ({
          clientId: member.clientId,
          language: member.language,
          lastUpdateTimestamp: member.lastBeatMs,
          remoteIP: member.remoteAddress,
          version: member.version,
        })),
      ] as const,
  );
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ data: new Map(data) }) });
}

/** Hands the question on and the consumer's answer back, as it stands. */
async function askConsumer(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const group = requiredText(request.extFields, 'consumerGroup');
  const clientId = requiredText(request.extFields, 'clientId');
  const member = parts.consumers.findMember(group, clientId);
  const who = `<${group.slice(0, 120)}> <${clientId.slice(0, 255)}>`;
  if (member === null) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, `The Consumer ${who} not online`);
  }
  if (member.version < Version.V3_1_8_SNAPSHOT) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `The Consumer ${who} Version <${versionName(member.version)}> too low to finish, ` +
        'please upgrade it to V3_1_8_SNAPSHOT',
    );
  }
  const question = createRequest(request.code, {
    extFields: request.extFields,
    body: request.body,
  });
  try {
    return await parts.clientCalls.call(member, question, CLIENT_TIMEOUT_MS);
  } catch (error) {
    const code =
      error instanceof RequestTimeoutError
        ? ResponseCode.CONSUME_MSG_TIMEOUT
        : ResponseCode.SYSTEM_ERROR;
    const text = error instanceof Error ? error.message : String(error);
    throw new Refusal(code, `invoke consumer ${who} failed: ${text}`);
  }
}

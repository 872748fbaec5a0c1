/**
 * Who is connected: consumers of a group 203, producers of a group 204 and all producers 328
 * (Java AdminBrokerProcessor).
 */
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { Member } from '../clients/member.ts';
import type { BrokerParts, Family } from './parts.ts';

export const connectionFamily: Family = (parts) => [
  [RequestCode.GET_CONSUMER_CONNECTION_LIST, (request) => consumerConnections(parts, request)],
  [RequestCode.GET_PRODUCER_CONNECTION_LIST, (request) => producerConnections(parts, request)],
  [RequestCode.GET_ALL_PRODUCER_INFO, () => allProducers(parts)],
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

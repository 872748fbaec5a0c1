/**
 * Questions that only a consumer can answer, handed on over its own connection (Java
 * AdminBrokerProcessor.callConsumer, Broker2Client.getConsumeStatus): its running state 307, how
 * it would consume one stored message 309, where its members are 223 (asked of them with 221).
 *
 * Invariants: a consumer that does not answer costs its time-out and never more; the message of
 * 309 goes from the log to the client's socket and never through JavaScript.
 */
import type { ConnectionId } from '../../dataplane/data-plane.ts';
import { placeOf } from '../../model/message-id.ts';
import { Refusal, RequestTimeoutError } from '../../remoting/errors.ts';
import {
  asObject,
  JsonError,
  type JsonObject,
  objectMember,
  parseJson,
  stringifyJson,
} from '../../remoting/fastjson.ts';
import { optionalText, requiredText } from '../../remoting/fields.ts';
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
const STATUS_TIMEOUT_MS = 5000;

export const askConsumersFamily: Family = (parts) => [
  [RequestCode.GET_CONSUMER_RUNNING_INFO, (request) => runningInfo(parts, request)],
  [RequestCode.CONSUME_MESSAGE_DIRECTLY, (request) => consumeDirectly(parts, request)],
  [RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, (request) => memberOffsets(parts, request)],
];

/** Hands the question on and the consumer's answer back, as it stands. */
function runningInfo(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const member = onlineConsumer(parts, request);
  const { code, extFields, body } = request;
  return asked(member, () =>
    parts.clientCalls.call(member, createRequest(code, { extFields, body }), CLIENT_TIMEOUT_MS),
  );
}

/** The record at the place that the message id names becomes the body of the question. */
function consumeDirectly(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const member = onlineConsumer(parts, request);
  const messageId = requiredText(request.extFields, 'msgId');
  const place = placeOf(messageId);
  if (place === null) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `the request is at fault: ${messageId.slice(0, 64)} is not the id of a stored message`,
    );
  }
  const { physicalOffset } = place;
  const extFields = new Map(request.extFields).set('brokerName', parts.identity.brokerName);
  const topic = parts.topics.find(optionalText(request.extFields, 'topic') ?? '');
  if (topic !== null) extFields.set('topicSysFlag', String(topic.topicSysFlag));
  const group = parts.groups.find(optionalText(request.extFields, 'consumerGroup') ?? '');
  if (group !== null) extFields.set('groupSysFlag', String(group.groupSysFlag));
  const forward = (connection: ConnectionId, frame: Uint8Array): void => {
    if (parts.dataPlane.forwardRecord(connection, frame, physicalOffset)) return;
    const remark = `can not find message by the offset, ${physicalOffset}`;
    throw new Refusal(ResponseCode.SYSTEM_ERROR, remark);
  };
  const question = createRequest(request.code, { extFields });
  return asked(member, () => parts.clientCalls.call(member, question, CLIENT_TIMEOUT_MS, forward));
}

function onlineConsumer(parts: BrokerParts, request: RemotingCommand): Member {
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
  return member;
}

async function asked(member: Member, ask: () => Promise<RemotingCommand>): Promise<Reply> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code =
      error instanceof RequestTimeoutError
        ? ResponseCode.CONSUME_MSG_TIMEOUT
        : ResponseCode.SYSTEM_ERROR;
    const text = error instanceof Error ? error.message : String(error);
    throw new Refusal(code, `invoke consumer <${member.clientId}> failed: ${text}`);
  }
}

/** Client id → queue → where it is. A member that does not answer is left out, as in Java. */
async function memberOffsets(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const topic = requiredText(request.extFields, 'topic');
  const group = requiredText(request.extFields, 'group');
  const wanted = (optionalText(request.extFields, 'clientAddr') ?? '').trim();
  const members = [...(parts.consumers.find(group)?.members.values() ?? [])];
  if (members.length === 0) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `No Any Consumer online in the consumer group: [${group.slice(0, 255)}]`,
    );
  }
  const tooOld = members.find(({ version }) => version < Version.V3_0_7_SNAPSHOT);
  if (tooOld !== undefined) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `the client does not support this feature. version=${versionName(tooOld.version)}`,
    );
  }
  const chosen = members.filter(({ clientId }) => wanted === '' || clientId === wanted);
  const answers = await Promise.all(chosen.map((member) => offsetsOf(parts, member, topic, group)));
  const consumerTable = new Map(answers.flatMap((answer) => (answer === null ? [] : [answer])));
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({ consumerTable, messageQueueTable: new Map() }),
  });
}

async function offsetsOf(
  parts: BrokerParts,
  member: Member,
  topic: string,
  group: string,
): Promise<[string, JsonObject] | null> {
  const question = createRequest(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, {
    extFields: { topic, group },
  });
  try {
    const answer = await parts.clientCalls.call(member, question, STATUS_TIMEOUT_MS);
    if (answer.code !== ResponseCode.SUCCESS || answer.body.length === 0) return null;
    const body = asObject(parseJson(answer.body), 'consumer status');
    return [member.clientId, objectMember(body, 'messageQueueTable') ?? new Map()];
  } catch (error) {
    const what = error instanceof JsonError ? 'answered nonsense' : 'did not answer';
    parts.log.warn({ err: error, clientId: member.clientId, group }, `a consumer ${what}`);
    return null;
  }
}

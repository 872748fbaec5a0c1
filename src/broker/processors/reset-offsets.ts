/**
 * 222: puts a group where an administrator wants it, running consumers included (Java
 * AdminBrokerProcessor.resetOffset, Broker2Client.resetOffset).
 *
 * The data plane answers the next pull of each queue with the new place, whatever the client's
 * language and version. With `useServerSideResetOffset=false` the members are told as well, by
 * the oneway request 220 of older brokers; then the group must be online, as in Java. The new
 * offsets are on disk before the answer.
 */
import type { ConsumerOffset } from '../../dataplane/data-plane.ts';
import type { TopicConfig } from '../../model/topic-config.ts';
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import {
  optionalBoolean,
  optionalInteger,
  requiredInteger,
  requiredText,
} from '../../remoting/fields.ts';
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
import { isSlave } from '../ha/role.ts';
import { boundsById } from '../offsets/queue-progress.ts';
import type { BrokerParts, Family } from './parts.ts';

/** No offset, no queue, or the end of the queue for a time. */
const NONE = -1;

interface Reset {
  topic: TopicConfig;
  group: string;
  timestampMs: number;
  isForce: boolean;
  queueId: number;
  offset: number;
}

export const resetOffsetsFamily: Family = (parts) => [
  [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, (request) => resetOffsets(parts, request)],
];

async function resetOffsets(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  if (isSlave(parts.settings)) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, 'Can not reset offset in slave broker');
  }
  const reset = resetFrom(parts, request);
  const byPush = !parts.settings.boolean('useServerSideResetOffset');
  const members = byPush ? membersToTell(parts, reset) : [];
  const offsets = byPush ? pushedOffsets(parts, reset) : askedOffsets(parts, reset);
  parts.offsets.reset(offsets);
  for (const member of members)
    parts.clientCalls.tell(member, notice(parts, reset, offsets, member));
  await parts.offsets.save();
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({ offsetTable: table(parts, offsets) }),
  });
}

function resetFrom(parts: BrokerParts, request: RemotingCommand): Reset {
  const fields = request.extFields;
  const name = requiredText(fields, 'topic');
  const group = requiredText(fields, 'group');
  const topic = parts.topics.find(name);
  if (topic === null) {
    throw new Refusal(ResponseCode.TOPIC_NOT_EXIST, `Topic ${name.slice(0, 255)} does not exist`);
  }
  if (parts.groups.find(group) === null) {
    throw new Refusal(
      ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      `Group ${group.slice(0, 255)} does not exist`,
    );
  }
  return {
    topic,
    group,
    timestampMs: requiredInteger(fields, 'timestamp'),
    isForce: optionalBoolean(fields, 'isForce') ?? false,
    queueId: optionalInteger(fields, 'queueId') ?? NONE,
    offset: optionalInteger(fields, 'offset') ?? NONE,
  };
}

/** One queue to an offset or a time, or all to a time; `isForce` plays no part, as in Java. */
function askedOffsets(parts: BrokerParts, reset: Reset): ConsumerOffset[] {
  const { topic, group, queueId, offset } = reset;
  const bounds = boundsById(parts.dataPlane, topic.topicName);
  const place = (id: number, at: number) => ({
    group,
    topic: topic.topicName,
    queueId: id,
    offset: at,
  });
  if (queueId < 0) {
    if (topic.readQueueNums === 0) {
      throw new Refusal(ResponseCode.SYSTEM_ERROR, 'No queues to reset.');
    }
    return queueIds(topic.readQueueNums).map((id) => place(id, offsetAt(parts, reset, id)));
  }
  if (queueId >= topic.readQueueNums) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `queue ${queueId} is not one of the ${topic.readQueueNums} of topic ${topic.topicName}`,
    );
  }
  if (offset === NONE) return [place(queueId, offsetAt(parts, reset, queueId))];
  const { minOffset = 0, maxOffset = 0 } = bounds.get(queueId) ?? {};
  if (offset < minOffset || offset > maxOffset) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `Target offset ${offset} not in consume queue range [${minOffset}-${maxOffset}]`,
    );
  }
  return [place(queueId, offset)];
}

/** All queues to a time, forward only by force. */
function pushedOffsets(parts: BrokerParts, reset: Reset): ConsumerOffset[] {
  const { topic, group, isForce } = reset;
  const known = parts.offsets.of(group, topic.topicName);
  return queueIds(topic.writeQueueNums).map((queueId) => {
    const current = known.get(queueId);
    if (current === undefined) {
      throw new Refusal(ResponseCode.SYSTEM_ERROR, `THe consumer group <${group}> not exist`);
    }
    const asked = offsetAt(parts, reset, queueId);
    const offset = isForce || asked < current ? asked : current;
    return { group, topic: topic.topicName, queueId, offset };
  });
}

function offsetAt(parts: BrokerParts, { topic, timestampMs }: Reset, queueId: number): number {
  const { dataPlane } = parts;
  const name = topic.topicName;
  if (timestampMs < 0) return boundsById(dataPlane, name).get(queueId)?.maxOffset ?? 0;
  return dataPlane.searchOffset(name, queueId, timestampMs);
}

function queueIds(count: number): number[] {
  return Array.from({ length: count }, (_, queueId) => queueId);
}

function membersToTell(parts: BrokerParts, { group, topic, timestampMs }: Reset): Member[] {
  const members = [...(parts.consumers.find(group)?.members.values() ?? [])];
  if (members.length === 0) {
    throw new Refusal(
      ResponseCode.CONSUMER_NOT_ONLINE,
      `Consumer not online, so can not reset offset, Group: ${group} ` +
        `Topic: ${topic.topicName} Timestamp: ${timestampMs}`,
    );
  }
  const tooOld = members.find(({ version }) => version < Version.V3_0_7_SNAPSHOT);
  if (tooOld === undefined) return members;
  throw new Refusal(
    ResponseCode.SYSTEM_ERROR,
    `the client does not support this feature. version=${versionName(tooOld.version)}`,
  );
}

/** The C++ client takes a list where the others take a table with queues as keys. */
function notice(
  parts: BrokerParts,
  reset: Reset,
  offsets: readonly ConsumerOffset[],
  member: Member,
): RemotingCommand {
  const { brokerName } = parts.identity;
  const { topic, group, timestampMs } = reset;
  const offsetTable =
    member.language === 'CPP'
      ? offsets.map(({ queueId, offset }) => ({
          topic: topic.topicName,
          brokerName,
          queueId,
          offset,
        }))
      : table(parts, offsets);
  return createRequest(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, {
    extFields: {
      topic: topic.topicName,
      group,
      timestamp: timestampMs,
      isForce: reset.isForce,
      queueId: NONE,
      offset: NONE,
    },
    body: Buffer.from(stringifyJson({ offsetTable })),
    oneway: true,
  });
}

function table(parts: BrokerParts, offsets: readonly ConsumerOffset[]) {
  const { brokerName } = parts.identity;
  return new Map(
    offsets.map(({ topic, queueId, offset }) => [{ topic, brokerName, queueId }, offset] as const),
  );
}

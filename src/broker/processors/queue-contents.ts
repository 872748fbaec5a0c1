/** 321: units of a consume queue, as they are stored (Java queryConsumeQueue). */
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { optionalText, requiredInteger, requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { BrokerParts, Family } from './parts.ts';

export const queueContentsFamily: Family = (parts) => [
  [RequestCode.QUERY_CONSUME_QUEUE, (request) => queueContents(parts, request)],
];

/**
 * Beyond the queue Java answers success without a body, on which its own tool fails; here the
 * bounds come along with no units.
 */
function queueContents(parts: BrokerParts, request: RemotingCommand): Reply {
  const fields = request.extFields;
  const topic = requiredText(fields, 'topic');
  const queueId = requiredInteger(fields, 'queueId');
  const index = requiredInteger(fields, 'index');
  const count = Math.max(0, requiredInteger(fields, 'count'));
  const where = `${queueId}@${topic.slice(0, 255)}`;
  const found =
    queueId < 0 ? null : parts.dataPlane.queueUnits(topic, queueId, Math.max(0, index), count);
  if (found === null) throw new Refusal(ResponseCode.SYSTEM_ERROR, `${where} is not exist!`);
  const isOutside = index < found.minOffset || index >= found.maxOffset;
  return reply(ResponseCode.SUCCESS, {
    remark: isOutside ? `Index ${index} of ${where} is not exist!` : null,
    body: stringifyJson({
      ...subscriptionOf(parts, optionalText(fields, 'consumerGroup'), topic),
      maxQueueIndex: found.maxOffset,
      minQueueIndex: found.minOffset,
      queueData: (isOutside ? [] : found.units).map((unit) => ({
        physicOffset: unit.physicalOffset,
        physicSize: unit.sizeBytes,
        tagsCode: unit.tagsCode,
        eval: false,
      })),
    }),
  });
}

/** `filterData` is that of property filters, which no group has here. */
function subscriptionOf(parts: BrokerParts, group: string | null, topic: string) {
  if (group === null || group === '') return {};
  const subscription = parts.consumers.find(group)?.subscriptions.get(topic);
  if (subscription === undefined) return { filterData: `${group}@${topic} is not online!` };
  return { filterData: 'null', subscriptionData: { ...subscription } };
}

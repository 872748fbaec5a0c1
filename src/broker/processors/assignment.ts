/**
 * 400: which queues of a topic a member of a group is to consume, for clients that leave the
 * sharing out to the broker (Java QueryAssignmentProcessor; `clientRebalance=false`).
 *
 * An answer without assignments means "keep what you have": the route is unknown, nobody of the
 * group is known here, or the strategy is. An empty list means "give up all of them".
 * The mode is always PULL, whatever a file of RocketMQ's says: nothing would come by POP.
 */
import { allocateAveragely, allocateByCircle } from '../../model/allocation.ts';
import { compareQueues, type MessageQueue } from '../../model/message-queue.ts';
import { isReadable } from '../../model/permission.ts';
import { asObject, parseJson, stringifyJson, textMember } from '../../remoting/fastjson.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { BrokerParts, Family } from './parts.ts';

const STRATEGIES = new Map([
  ['AVG', allocateAveragely],
  ['AVG_BY_CIRCLE', allocateByCircle],
]);

interface Question {
  topic: string;
  consumerGroup: string;
  clientId: string;
  strategyName: string;
  isBroadcast: boolean;
}

export const assignmentFamily: Family = (parts) => [
  [RequestCode.QUERY_ASSIGNMENT, (request) => assignment(parts, request)],
];

async function assignment(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const body = asObject(parseJson(request.body), 'assignment question');
  const text = (name: string): string => textMember(body, name) ?? '';
  const question = {
    topic: text('topic'),
    consumerGroup: text('consumerGroup'),
    clientId: text('clientId'),
    strategyName: text('strategyName'),
    isBroadcast: text('messageModel') === 'BROADCASTING',
  };
  const queues = await readableQueues(parts, question.topic);
  const assigned = queues === null ? null : shareOf(parts, question, queues);
  const messageQueueAssignments =
    assigned?.map((queue) => ({ messageQueue: { ...queue }, mode: 'PULL' })) ?? null;
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ messageQueueAssignments }) });
}

/** Of the whole cluster, as name servers route it; null when none tells. */
async function readableQueues(parts: BrokerParts, topic: string): Promise<MessageQueue[] | null> {
  const route = await parts.routeOf(topic);
  if (route === null) return null;
  return route
    .filter(({ perm }) => isReadable(perm))
    .flatMap(({ brokerName, readQueueNums }) =>
      Array.from({ length: readQueueNums }, (_, queueId) => ({ topic, brokerName, queueId })),
    )
    .sort(compareQueues);
}

function shareOf(
  parts: BrokerParts,
  { consumerGroup, clientId, strategyName, isBroadcast }: Question,
  queues: MessageQueue[],
): MessageQueue[] | null {
  if (isBroadcast || !parts.settings.boolean('serverLoadBalancerEnable')) return queues;
  // By code units, as Java sorts, so that members asking different brokers get different queues.
  const members = parts.consumers.clientIds(consumerGroup).sort();
  const allocate = STRATEGIES.get(strategyName);
  if (members.length === 0 || allocate === undefined) return null;
  const index = members.indexOf(clientId);
  return index === -1 ? [] : allocate(queues, index, members.length);
}

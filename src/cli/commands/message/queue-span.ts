/** The part of a queue between two times, pulled batch by batch for a command to print. */
import type { AdminClient } from '../../../admin/admin-client.ts';
import type { MessageQueue } from '../../../admin/answers.ts';
import type { PullAnswer } from '../../../admin/pull.ts';
import { type CliArguments, timestampOf } from '../../command.ts';

const group = 'TOOLS_CONSUMER';
const batch = 32;
const readable = 4;

export interface ReadableQueue extends MessageQueue {
  /** Address to read from. */
  broker: string;
}

/** Readable queues of the route of `routeTopic`, named as queues of `topic`. */
export async function readableQueues(
  admin: AdminClient,
  topic: string,
  routeTopic: string = topic,
): Promise<ReadableQueue[]> {
  const route = await admin.topics.route(routeTopic);
  return route.queues
    .filter(({ perm }) => (perm & readable) !== 0)
    .flatMap(({ brokerName, readQueueNums }) => {
      const set = route.brokers.find(({ name }) => name === brokerName);
      const broker = set?.addresses.get(0) ?? [...(set?.addresses.values() ?? [])][0];
      if (broker === undefined) return [];
      return Array.from({ length: readQueueNums }, (_, queueId) => ({
        ...{ topic, brokerName, queueId, broker },
      }));
    });
}

/** Offsets of the queue between the times of the arguments, or all of it. */
export async function spanOf(
  admin: AdminClient,
  queue: ReadableQueue,
  args: CliArguments,
): Promise<{ min: number; max: number }> {
  const { broker, topic, queueId } = queue;
  const begin = timestampOf(args, 'beginTimestamp');
  const end = timestampOf(args, 'endTimestamp');
  const [min, max] = await Promise.all([
    begin === null
      ? admin.offsets.ofQueue('min', broker, queue)
      : admin.offsets.search(broker, topic, queueId, begin),
    end === null
      ? admin.offsets.ofQueue('max', broker, queue)
      : admin.offsets.search(broker, topic, queueId, end),
  ]);
  return { min, max };
}

/** Pulls from `min` up to `max`; ends behind an answer that is neither found nor filtered. */
export async function* pulls(
  admin: AdminClient,
  queue: ReadableQueue,
  { min, max }: { min: number; max: number },
  subscription: string,
): AsyncGenerator<PullAnswer> {
  const { broker, topic, queueId } = queue;
  for (let offset = min; offset < max; ) {
    const question = { consumerGroup: group, topic, queueId, offset, maxMessages: batch };
    const answer = await admin.messages.pull(broker, { ...question, subscription });
    const isStuck = answer.nextBeginOffset <= offset;
    offset = answer.nextBeginOffset;
    yield answer;
    if (isStuck || (answer.status !== 'FOUND' && answer.status !== 'NO_MATCHED_MSG')) return;
  }
}

export function queueText({ topic, brokerName, queueId }: MessageQueue): string {
  return `MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`;
}

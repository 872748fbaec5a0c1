/** One send by a tool, to a queue of its choice or the next writable one. */
import { randomInt } from 'node:crypto';
import { AnswerError } from '../remoting/errors.ts';
import { createRequest, type RemotingCommand } from '../remoting/remoting-command.ts';
import { RequestCode } from '../remoting/request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { MessageQueue, SendAnswer, SendStatus, TopicRoute } from './answers.ts';
import { propertiesText } from './properties.ts';
import { createUniqueId } from './unique-id.ts';

const writable = 2;

const statuses: ReadonlyMap<number, SendStatus> = new Map([
  [ResponseCode.SUCCESS, 'SEND_OK'],
  [ResponseCode.FLUSH_DISK_TIMEOUT, 'FLUSH_DISK_TIMEOUT'],
  [ResponseCode.FLUSH_SLAVE_TIMEOUT, 'FLUSH_SLAVE_TIMEOUT'],
  [ResponseCode.SLAVE_NOT_AVAILABLE, 'SLAVE_NOT_AVAILABLE'],
]);

export interface MessageToSend {
  topic: string;
  body: Uint8Array;
  keys: string | null;
  tags: string | null;
  /** With `queueId`, the one queue to send to; else any queue of the route. */
  brokerName: string | null;
  queueId: number | null;
}

export async function sendTo(
  route: TopicRoute,
  message: MessageToSend,
  request: (broker: string, command: RemotingCommand) => Promise<RemotingCommand>,
): Promise<SendAnswer> {
  const { queue, master } = chooseQueue(route, message);
  const uniqueId = createUniqueId();
  const properties = propertiesText([
    ['UNIQ_KEY', uniqueId],
    ['WAIT', 'true'],
    ['KEYS', message.keys],
    ['TAGS', message.tags],
  ]);
  const answer = await request(
    master,
    createRequest(RequestCode.SEND_MESSAGE_V2, {
      extFields: {
        a: 'TOOLS_PRODUCER',
        b: message.topic,
        c: 'TBW102',
        d: 4,
        e: queue.queueId,
        f: 0,
        g: Date.now(),
        h: 0,
        i: properties,
        j: 0,
        k: false,
        m: false,
      },
      body: message.body,
    }),
  );
  const status = statuses.get(answer.code);
  if (status === undefined) throw new AnswerError(master, answer.code, answer.remark);
  const queueId = Number(answer.extFields.get('queueId') ?? queue.queueId);
  return {
    status,
    queue: { ...queue, queueId },
    messageId: uniqueId,
    offsetMessageId: answer.extFields.get('msgId') ?? '',
    queueOffset: Number(answer.extFields.get('queueOffset') ?? 0),
  };
}

function chooseQueue(
  route: TopicRoute,
  { topic, brokerName, queueId }: MessageToSend,
): { queue: MessageQueue; master: string } {
  const masters = new Map(
    route.brokers.flatMap(({ name, addresses }) => {
      const master = addresses.get(0);
      return master === undefined ? [] : [[name, master] as const];
    }),
  );
  const candidates = route.queues
    .filter((queues) => (queues.perm & writable) !== 0 && masters.has(queues.brokerName))
    .filter((queues) => brokerName === null || queues.brokerName === brokerName)
    .flatMap((queues) =>
      Array.from({ length: queues.writeQueueNums }, (_, id) => ({
        topic,
        brokerName: queues.brokerName,
        queueId: id,
      })),
    )
    .filter((queue) => queueId === null || queue.queueId === queueId);
  const queue = candidates.length > 0 ? candidates[randomInt(candidates.length)] : undefined;
  const master = queue === undefined ? undefined : masters.get(queue.brokerName);
  if (queue === undefined || master === undefined) {
    const where = brokerName === null ? '' : ` on broker ${brokerName}, queue ${queueId ?? 'any'}`;
    throw new Error(`topic ${topic} has no writable queue with a master${where}`);
  }
  return { queue, master };
}

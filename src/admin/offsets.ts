/** Offsets of queues and groups: where they are, and moving them. */
import { AnswerError } from '../remoting/errors.ts';
import type { RemotingCommand } from '../remoting/remoting-command.ts';
import { RequestCode } from '../remoting/request-code.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { BrokerConsumeStats, ConsumeStats, MessageQueue, OffsetReset } from './answers.ts';
import type { Asker } from './asker.ts';
import { decodeConsumeStats } from './decode.ts';
import {
  decodeBrokerConsumeStats,
  decodeDelayProgress,
  decodeOffsetTable,
} from './decode-status.ts';
import { allInOrder, answersInOrder, type OnMissing } from './in-order.ts';
import type { TopicAdmin } from './topics.ts';

/** Consume stats walk every queue of a group: three times the usual limit, as in Java. */
const slowFactor = 3;
const newest = -1;

export interface ResetQuestion {
  topic: string;
  group: string;
  /** Milliseconds; -1 is the end of each queue. */
  timestamp: number;
  /** Moves forward as well; without it offsets only go back. */
  force: boolean;
  /** Topic whose route says which brokers to ask; usually the topic itself. */
  routeTopic: string;
}

export class OffsetAdmin {
  readonly #asker: Asker;
  readonly #topics: TopicAdmin;

  constructor(asker: Asker, topics: TopicAdmin) {
    this.#asker = asker;
    this.#topics = topics;
  }

  /** Progress of a group on one topic or on all, summed over the brokers of its retry topic. */
  async consumeStats(
    consumerGroup: string,
    topic: string | null,
    onMissing?: OnMissing,
  ): Promise<ConsumeStats> {
    const brokers = await this.#topics.brokersOn(`%RETRY%${consumerGroup}`);
    const ask = (broker: string) => this.consumeStatsInBroker(broker, consumerGroup, topic);
    const parts = await answersInOrder(brokers, ask, onMissing);
    return {
      queues: parts.flatMap((part) => part.queues),
      consumeTps: parts.reduce((sum, part) => sum + part.consumeTps, 0),
    };
  }

  async consumeStatsInBroker(
    broker: string,
    consumerGroup: string,
    topic: string | null,
  ): Promise<ConsumeStats> {
    const fields = { consumerGroup, topic };
    const timeoutMs = this.#asker.timeoutMs * slowFactor;
    const code = RequestCode.GET_CONSUME_STATS;
    return decodeConsumeStats((await this.#asker.ask(broker, code, { fields, timeoutMs })).body);
  }

  /** Progress of every group of a broker (Java `fetchConsumeStatsInBroker`). */
  async allConsumeStats(
    broker: string,
    isOrder: boolean,
    timeoutMs: number,
  ): Promise<BrokerConsumeStats> {
    const fields = { isOrder };
    const code = RequestCode.GET_BROKER_CONSUME_STATS;
    const answer = await this.#asker.ask(broker, code, { fields, timeoutMs });
    return decodeBrokerConsumeStats(answer.body);
  }

  async ofQueue(
    which: 'min' | 'max',
    broker: string,
    { topic, queueId }: { topic: string; queueId: number },
  ): Promise<number> {
    const code = which === 'min' ? RequestCode.GET_MIN_OFFSET : RequestCode.GET_MAX_OFFSET;
    return offsetOf(broker, await this.#asker.ask(broker, code, { fields: { topic, queueId } }));
  }

  /** Where a group has committed to be in a queue; null when it never has. */
  async ofGroup(
    broker: string,
    consumerGroup: string,
    { topic, queueId }: { topic: string; queueId: number },
  ): Promise<number | null> {
    const fields = { consumerGroup, topic, queueId, setZeroIfNotFound: false };
    try {
      const code = RequestCode.QUERY_CONSUMER_OFFSET;
      return offsetOf(broker, await this.#asker.ask(broker, code, { fields }));
    } catch (error) {
      if (error instanceof AnswerError && error.code === ResponseCode.QUERY_NOT_FOUND) return null;
      throw error;
    }
  }

  /** Delay level → offset of the level's queue up to which the broker has delivered. */
  async ofDelayLevels(broker: string): Promise<Map<number, number>> {
    const answer = await this.#asker.ask(broker, RequestCode.GET_ALL_DELAY_OFFSET);
    return decodeDelayProgress(answer.body);
  }

  /** The first offset stored at or after the time. */
  async search(broker: string, topic: string, queueId: number, timestamp: number): Promise<number> {
    const fields = { topic, queueId, timestamp };
    const code = RequestCode.SEARCH_OFFSET_BY_TIMESTAMP;
    return offsetOf(broker, await this.#asker.ask(broker, code, { fields }));
  }

  /** Writes a group's offset of one queue; members that hold the queue do not hear of it. */
  async update(
    broker: string,
    consumerGroup: string,
    queue: MessageQueue,
    commitOffset: number,
  ): Promise<void> {
    const { topic, queueId, brokerName } = queue;
    const fields = { consumerGroup, topic, queueId, commitOffset, bname: brokerName };
    await this.#asker.ask(broker, RequestCode.UPDATE_CONSUMER_OFFSET, { fields });
  }

  /**
   * Resets a group through its live members (Java `resetOffsetByTimestamp`): offset of each queue
   * it was reset to. Fails with CONSUMER_NOT_ONLINE when a broker knows no member.
   */
  async resetOnline(question: ResetQuestion): Promise<[MessageQueue, number][]> {
    const { topic, group, timestamp, force } = question;
    const brokers = await this.#topics.brokersOn(question.routeTopic);
    const parts = await allInOrder(brokers, async (broker) => {
      const fields = { topic, group, timestamp, isForce: force, offset: newest };
      const code = RequestCode.INVOKE_BROKER_TO_RESET_OFFSET;
      return decodeOffsetTable((await this.#asker.ask(broker, code, { fields })).body);
    });
    return parts.flat();
  }

  /** Resets one queue of a group on its broker and tells its members. */
  async resetQueue(
    broker: string,
    {
      topic,
      group,
      queueId,
      offset,
    }: { topic: string; group: string } & {
      queueId: number;
      offset: number;
    },
  ): Promise<void> {
    const commit = { consumerGroup: group, topic, queueId, commitOffset: offset };
    await this.#asker.ask(broker, RequestCode.UPDATE_CONSUMER_OFFSET, { fields: commit });
    const fields = { topic, group, queueId, offset, timestamp: 0, isForce: false };
    await this.#asker.ask(broker, RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { fields });
  }

  /** Resets a group without members by writing its offsets (Java `resetOffsetByTimestampOld`). */
  async resetOffline(question: ResetQuestion): Promise<OffsetReset[]> {
    const brokers = await this.#topics.brokersOn(question.routeTopic);
    const parts = await allInOrder(brokers, async (broker) =>
      allInOrder(await this.#queuesToReset(broker, question), ({ queue, ...offsets }) =>
        this.#resetOffline(broker, queue, offsets, question),
      ),
    );
    return parts.flat();
  }

  /** Queues the group consumed; those of the topic when it has consumed none of it. */
  async #queuesToReset(
    broker: string,
    { topic, group }: ResetQuestion,
  ): Promise<{ queue: MessageQueue; brokerOffset: number; consumerOffset: number }[]> {
    const stats = await this.consumeStatsInBroker(broker, group, null);
    const consumed = stats.queues.filter((queue) => queue.topic === topic);
    if (consumed.length > 0) return consumed.map((queue) => ({ queue, ...queue }));
    const { queues } = await this.#topics.statsInBroker(broker, topic);
    return queues.map((queue) => ({
      queue,
      brokerOffset: queue.maxOffset,
      consumerOffset: queue.minOffset,
    }));
  }

  async #resetOffline(
    broker: string,
    queue: MessageQueue,
    { brokerOffset, consumerOffset }: { brokerOffset: number; consumerOffset: number },
    { group, timestamp, force }: ResetQuestion,
  ): Promise<OffsetReset> {
    const { topic, brokerName, queueId } = queue;
    const timestampOffset =
      timestamp === newest
        ? await this.ofQueue('max', broker, queue)
        : await this.search(broker, topic, queueId, timestamp);
    const moves = force || timestampOffset <= consumerOffset;
    if (moves) {
      await this.update(broker, group, { topic, brokerName, queueId }, timestampOffset);
    }
    const resetOffset = moves ? timestampOffset : consumerOffset;
    return { brokerName, queueId, brokerOffset, consumerOffset, timestampOffset, resetOffset };
  }
}

function offsetOf(broker: string, answer: RemotingCommand): number {
  const offset = Number(answer.extFields.get('offset'));
  if (!Number.isSafeInteger(offset)) throw new Error(`${broker} answered without an offset`);
  return offset;
}

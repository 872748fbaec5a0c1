/** Live clients: who is connected, and what a consumer tells about itself when asked. */
import { AnswerError } from '../remoting/errors.ts';
import { RequestCode } from '../remoting/request-code.ts';
import type {
  ClientConnection,
  ConsumerConnections,
  ConsumerRunningInfo,
  DirectConsumption,
  ProducerInstance,
} from './answers.ts';
import { type Asker, reasonOf } from './asker.ts';
import {
  decodeConnections,
  decodeConsumerConnections,
  decodeDirectConsumption,
  decodeProducerTable,
  decodeRunningInfo,
} from './decode-clients.ts';
import type { TopicAdmin } from './topics.ts';

export class ClientAdmin {
  readonly #asker: Asker;
  readonly #topics: TopicAdmin;

  constructor(asker: Asker, topics: TopicAdmin) {
    this.#asker = asker;
    this.#topics = topics;
  }

  /** The group's live members; an error with CONSUMER_NOT_ONLINE when there are none. */
  async consumers(group: string, broker: string | null = null): Promise<ConsumerConnections> {
    const address = broker ?? (await this.#topics.brokersOn(`%RETRY%${group}`))[0];
    if (address === undefined) throw new Error(`no broker serves group ${group}`);
    const fields = { consumerGroup: group };
    const code = RequestCode.GET_CONSUMER_CONNECTION_LIST;
    return decodeConsumerConnections((await this.#asker.ask(address, code, { fields })).body);
  }

  /** Members of a producer group, on the first broker of the topic's route that knows it. */
  async producers(producerGroup: string, topic: string): Promise<ClientConnection[]> {
    const [address] = await this.#topics.brokersOn(topic);
    if (address === undefined) throw new Error(`no broker serves topic ${topic}`);
    const fields = { producerGroup };
    const code = RequestCode.GET_PRODUCER_CONNECTION_LIST;
    return decodeConnections((await this.#asker.ask(address, code, { fields })).body);
  }

  /** Producer group → its instances on a broker. */
  async allProducers(broker: string): Promise<Map<string, ProducerInstance[]>> {
    return decodeProducerTable(
      (await this.#asker.ask(broker, RequestCode.GET_ALL_PRODUCER_INFO)).body,
    );
  }

  /** What a member tells of its queues, rates and, with `jstack`, its threads. */
  async runningInfo(
    consumerGroup: string,
    clientId: string,
    jstack: boolean,
  ): Promise<ConsumerRunningInfo> {
    const fields = { consumerGroup, clientId, jstackEnable: jstack };
    const failures: string[] = [];
    for (const broker of await this.#topics.brokersOn(`%RETRY%${consumerGroup}`)) {
      try {
        const timeoutMs = this.#asker.timeoutMs * 3;
        const code = RequestCode.GET_CONSUMER_RUNNING_INFO;
        return decodeRunningInfo((await this.#asker.ask(broker, code, { fields, timeoutMs })).body);
      } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        failures.push(reasonOf(error));
      }
    }
    throw new Error(`${clientId} told nothing: ${failures.join('; ')}`);
  }

  /** Has one member consume a stored message now; the broker that stores it passes it on. */
  async consumeDirectly(
    broker: string,
    question: { consumerGroup: string; clientId: string; topic: string; msgId: string },
  ): Promise<DirectConsumption> {
    const timeoutMs = this.#asker.timeoutMs * 3;
    const code = RequestCode.CONSUME_MESSAGE_DIRECTLY;
    return decodeDirectConsumption(
      (await this.#asker.ask(broker, code, { fields: question, timeoutMs })).body,
    );
  }
}

/** The smallest client that notices when a server does not do its job. */
import { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';

const requestLimitMs = 5000;

export class Canary {
  readonly topic: string;
  readonly #client = new RemotingClient({ requestTimeoutMs: requestLimitMs });

  constructor(topic: string) {
    this.topic = topic;
  }

  /** Sends one message and insists on SEND_OK; resolves to its place. */
  async send(broker: string, body = 'alive'): Promise<{ queueId: number; queueOffset: number }> {
    const fields = { a: 'Canary', b: this.topic, c: 'TBW102', d: 4, e: 0, f: 0, g: Date.now() };
    const request = createRequest(RequestCode.SEND_MESSAGE_V2, {
      extFields: { ...fields, h: 0, i: '', j: 0, k: false, m: false },
      body: Buffer.from(body),
    });
    const answer = await this.#client.call(broker, request, requestLimitMs);
    const queueOffset = Number(answer.extFields.get('queueOffset') ?? Number.NaN);
    if (!Number.isSafeInteger(queueOffset)) throw new Error('SEND_OK without an offset');
    return { queueId: Number(answer.extFields.get('queueId')), queueOffset };
  }

  /** Addresses of the topic's masters as the name server routes them; empty without a route. */
  async route(nameServer: string): Promise<string[]> {
    const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, {
      extFields: { topic: this.topic, acceptStandardJsonOnly: true },
    });
    const answer = await this.#client.request(nameServer, request, requestLimitMs);
    if (answer.code === ResponseCode.TOPIC_NOT_EXIST) return [];
    if (answer.code !== ResponseCode.SUCCESS) throw new Error(`route answered ${answer.code}`);
    const route = JSON.parse(Buffer.from(answer.body).toString('utf8')) as {
      brokerDatas: { brokerAddrs: Record<string, string> }[];
    };
    return route.brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs['0'] ?? []);
  }

  /** Asks again until the name server's route is as wanted; rejects after the limit. */
  async routeBecomes(nameServer: string, wanted: string[], limitMs: number): Promise<number> {
    const started = Date.now();
    for (;;) {
      // A name server that is just coming up refuses the connection: not there yet, either.
      const route = await this.route(nameServer).catch(() => null);
      if (route !== null && [...route].sort().join() === [...wanted].sort().join()) {
        return Date.now() - started;
      }
      if (Date.now() - started > limitMs) {
        throw new Error(`route of ${this.topic} is ${route}, not ${wanted}, after ${limitMs} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

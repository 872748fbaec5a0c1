import { setTimeout } from 'node:timers/promises';
import ons from 'ali-ons';

// The client's own 10 s between looks at routes and assignments would be most of a test's time.
const LOOK_AGAIN_MS = 1_000;
const TOPIC_NOT_EXIST = 17;
const QUERY_NOT_FOUND = 22;
const ROUTE_ASKED_MAX = 200;
const ROUTE_ASK_AGAIN_MS = 25;

let instances = 0;

/** The cluster under test as one scenario sees it; closes every client it handed out. */
export class Session {
  constructor(nameServer, broker, scenario) {
    this.nameServer = nameServer;
    this.broker = broker;
    this.prefix = `confnode_${scenario}`;
    this.suffix = `${process.pid}_${Date.now() % 100_000}`;
    this.clients = [];
    this.failure = new Promise((_, reject) => {
      this.fail = reject;
    });
    // Raced against the scenario; without one it must not end the process.
    this.failure.catch(() => undefined);
  }

  /** A topic or group name no other scenario or run uses. */
  name(role) {
    return `${this.prefix}_${role}_${this.suffix}`;
  }

  async producer() {
    const options = { ...this.#options(), producerGroup: this.name('producer') };
    return await this.#keep(new ons.Producer({ ...options, sendMsgTimeout: 15_000 }));
  }

  /**
   * Creates a topic and resolves to its name once its route is out.
   *
   * A send to an unknown topic fails in this client before it thinks of TBW102, so none is created
   * on the way.
   */
  async createTopic(producer, queues) {
    const topic = this.name('topic');
    const topicConfig = {
      topicName: topic,
      readQueueNums: queues,
      writeQueueNums: queues,
      perm: 6,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: 0,
      order: false,
    };
    await producer._mqClient.createTopic(this.broker, 'TBW102', topicConfig, 3_000);
    for (let asked = 1; ; asked++) {
      try {
        await producer._mqClient.getTopicRouteInfoFromNameServer(topic, 3_000);
        return topic;
      } catch (error) {
        if (asked === ROUTE_ASKED_MAX) throw error;
        await setTimeout(ROUTE_ASK_AGAIN_MS);
      }
    }
  }

  async consumer(group) {
    const consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
    return await this.#keep(
      new ons.Consumer({ ...this.#options(), consumerGroup: group, consumeFromWhere }),
    );
  }

  async close() {
    for (const client of this.clients.reverse()) await client.close();
  }

  #options() {
    return {
      nameSrv: this.nameServer,
      // Demanded, but used only to ask an address server for the name server.
      httpclient: {},
      instanceName: `confnode${process.pid}n${instances++}`,
      pollNameServerInteval: LOOK_AGAIN_MS,
      heartbeatBrokerInterval: LOOK_AGAIN_MS,
      rebalanceInterval: LOOK_AGAIN_MS,
    };
  }

  async #keep(client) {
    client.on('error', (error) => {
      // A new group has no retry topic before its first heartbeat and no offset in a queue that is
      // still empty; this client calls both an error and asks again.
      if (error.code === TOPIC_NOT_EXIST && error.message.includes('%RETRY%')) return;
      if (error.code === QUERY_NOT_FOUND && error.message.includes('readOffset')) return;
      this.fail(error);
    });
    await client.ready();
    this.clients.push(client);
    return client;
  }
}

/** Deliveries, and a promise for the moment there are enough of them. */
export class Inbox {
  constructor() {
    this.delivered = [];
    this.waiting = [];
  }

  take(message) {
    this.delivered.push(message);
    for (const { count, resolve } of this.waiting) {
      if (this.delivered.length >= count) resolve(this.delivered);
    }
  }

  await(count) {
    if (this.delivered.length >= count) return Promise.resolve(this.delivered);
    return new Promise((resolve) => {
      this.waiting.push({ count, resolve });
    });
  }

  /** Each of these ids once and nothing else. */
  requireExactly(ids) {
    const got = this.delivered.map(({ msgId }) => msgId).sort();
    if (JSON.stringify(got) !== JSON.stringify([...ids].sort())) {
      const distinct = new Set(got).size;
      throw new Error(`expected ${ids.length} ids, got ${got.length}, ${distinct} distinct`);
    }
  }
}

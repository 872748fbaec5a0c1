/** What each key of a name server does that may be changed while it runs. */
import { topicConfig } from '../../src/model/topic-config.ts';
import type { RemotingClient } from '../../src/remoting/client.ts';
import {
  type RegisterBrokerRequest,
  registerBrokerRequest,
} from '../../src/remoting/commands/register-broker.ts';
import { type RemotingCommand, reply } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { RemotingServer } from '../../src/remoting/server.ts';
import { freePort } from '../oracle/free-port.ts';
import { ask, freshName, type KeyEffect, withClient } from './key-effect.ts';

const orderConfig = 'broker-a:2';
const clusterName = 'EffectCluster';
const soonMs = 800;

async function routeOf(nameServer: string, topic: string): Promise<RemotingCommand> {
  return await ask(nameServer, RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic });
}

/** Registers a broker over the connection; it is forgotten when that closes. */
async function register(
  client: RemotingClient,
  nameServer: string,
  topics: readonly string[],
  parts: Partial<RegisterBrokerRequest> = {},
): Promise<RemotingCommand> {
  const dataVersion = { stateVersion: 0, timestamp: Date.now(), counter: Date.now() };
  const configs = topics.map((topic) => [topic, topicConfig(topic)] as const);
  const request = registerBrokerRequest({
    ...{ clusterName, brokerName: 'effects', brokerAddr: '127.0.0.1:9', brokerId: 0 },
    ...{ haServerAddr: null, enableActingMaster: false, heartbeatTimeoutMillis: null },
    ...{ zoneName: null, isPart: false },
    body: { dataVersion, topics: new Map(configs), filterServers: [], queueMappings: new Map() },
    ...parts,
  });
  return await client.call(nameServer, request);
}

async function withOrderedTopic<T>(
  nameServer: string,
  act: (registered: RemotingCommand, topic: string) => Promise<T>,
): Promise<T> {
  const topic = freshName('Ordered');
  const kv = { namespace: 'ORDER_TOPIC_CONFIG', key: topic, value: orderConfig };
  await ask(nameServer, RequestCode.PUT_KV_CONFIG, kv);
  return await withClient(async (client) =>
    act(await register(client, nameServer, [topic, freshName('Other')]), topic),
  );
}

/** Whether three brokers in a row that fall silent are each forgotten at once. */
async function areForgottenSoon(nameServer: string): Promise<boolean> {
  for (let round = 0; round < 3; round++) {
    const topic = freshName('Silent');
    const isForgotten = await withClient(async (client) => {
      await register(client, nameServer, [topic, freshName('Other')], {
        heartbeatTimeoutMillis: 100,
      });
      const endMs = performance.now() + soonMs;
      while ((await routeOf(nameServer, topic)).code === ResponseCode.SUCCESS) {
        if (performance.now() > endMs) return false;
      }
      return true;
    });
    if (!isForgotten) return false;
  }
  return true;
}

/** Whether a slave hears that its set has a master, that is a new lowest id. */
async function isMemberTold(nameServer: string): Promise<boolean> {
  let told: (isTold: boolean) => void = () => undefined;
  const notice = new Promise<boolean>((resolve) => {
    told = resolve;
  });
  const handler = (): ReturnType<typeof reply> => {
    told(true);
    return reply(0);
  };
  const handlers = new Map([[RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE as number, handler]]);
  const port = await freePort();
  const onFault = (error: unknown): never => {
    throw error;
  };
  const slave = new RemotingServer({ bindAddress: '127.0.0.1', port }, handlers, { onFault });
  await slave.listen();
  const topics = [freshName('Set'), freshName('Set')];
  const acting = { brokerName: freshName('set'), enableActingMaster: true };
  try {
    return await withClient(async (client) => {
      const brokerAddr = `127.0.0.1:${port}`;
      await register(client, nameServer, topics, { ...acting, brokerId: 1, brokerAddr });
      await register(client, nameServer, topics, acting);
      const timer = setTimeout(() => told(false), soonMs);
      return await notice.finally(() => clearTimeout(timer));
    });
  } finally {
    await slave.close();
  }
}

export const nameServerEffects: readonly KeyEffect[] = [
  {
    key: 'orderMessageEnable',
    value: 'true',
    isInForce: (nameServer) =>
      withOrderedTopic(nameServer, async (_registered, topic) =>
        Buffer.from((await routeOf(nameServer, topic)).body).includes(orderConfig),
      ),
  },
  {
    key: 'returnOrderTopicConfigToBroker',
    value: 'false',
    isInForce: (nameServer) =>
      withOrderedTopic(nameServer, async ({ body }) => !Buffer.from(body).includes(orderConfig)),
  },
  {
    key: 'enableAllTopicList',
    value: 'false',
    async isInForce(nameServer) {
      const code = RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER;
      return (await ask(nameServer, code, {})).code !== ResponseCode.SUCCESS;
    },
  },
  {
    key: 'enableTopicList',
    value: 'false',
    async isInForce(nameServer) {
      const code = RequestCode.GET_TOPICS_BY_CLUSTER;
      const answer = await ask(nameServer, code, { cluster: clusterName });
      return answer.code !== ResponseCode.SUCCESS;
    },
  },
  {
    key: 'supportActingMaster',
    value: 'true',
    isInForce: (nameServer) =>
      withClient(async (client) => {
        const topic = freshName('Acting');
        const slave = { brokerName: freshName('set'), brokerId: 1, enableActingMaster: true };
        await register(client, nameServer, [topic, freshName('Other')], slave);
        const { body } = await routeOf(nameServer, topic);
        return /"brokerAddrs":\{"?0"?:/.test(Buffer.from(body).toString());
      }),
  },
  { key: 'notifyMinBrokerIdChanged', value: 'true', isInForce: isMemberTold },
  {
    key: 'deleteTopicWithBrokerRegistration',
    value: 'true',
    isInForce: (nameServer) =>
      withClient(async (client) => {
        const [kept, left, third] = [freshName('Kept'), freshName('Left'), freshName('Third')];
        await register(client, nameServer, [kept, left, third]);
        await register(client, nameServer, [kept, third]);
        return (await routeOf(nameServer, left)).code === ResponseCode.TOPIC_NOT_EXIST;
      }),
  },
  { key: 'scanNotActiveBrokerInterval', value: '100', isInForce: areForgottenSoon },
  {
    key: 'needWaitForService',
    value: 'true',
    isInForce: async (nameServer) =>
      (await routeOf(nameServer, 'Nothing')).code === ResponseCode.SYSTEM_ERROR,
  },
  {
    key: 'waitSecondsForService',
    value: '0',
    under: ['needWaitForService', 'true'],
    isInForce: async (nameServer) =>
      (await routeOf(nameServer, 'Nothing')).code === ResponseCode.TOPIC_NOT_EXIST,
  },
];

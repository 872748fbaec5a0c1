/** What each key of a broker does that may be changed while it runs. */

import { AdminClient } from '../../src/admin/admin-client.ts';
import { subscriptionGroup } from '../../src/model/subscription-group.ts';
import type { RemotingClient } from '../../src/remoting/client.ts';
import { createRequest, type RemotingCommand } from '../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../src/remoting/request-code.ts';
import { ResponseCode } from '../../src/remoting/response-code.ts';
import { heartbeatBody } from '../broker/support/heartbeats.ts';
import { ask, freshName, isTold, type KeyEffect, unasked } from './key-effect.ts';

/** Holds five messages of 400 bytes in queue 0. */
export const filledTopic = 'Filled';
const slowGroup = 'SlowGroup';
const slaveId = 3;
const subscriptionAndHold = 4 | 2;

async function send(broker: string, topic: string, bytes = 4): Promise<RemotingCommand> {
  const fields = { a: 'KeyEffects', b: topic, c: 'TBW102', d: 16, e: 0, f: 0, g: Date.now() };
  const rest = { h: 0, i: '', j: 0, k: false, m: false };
  return await ask(
    broker,
    RequestCode.SEND_MESSAGE_V2,
    { ...fields, ...rest },
    Buffer.alloc(bytes, 'x'),
  );
}

async function pull(broker: string, consumerGroup: string, offset = 0, holdMs = 0) {
  return await ask(broker, RequestCode.PULL_MESSAGE, {
    ...{ consumerGroup, topic: filledTopic, queueId: 0, queueOffset: offset, maxMsgNums: 32 },
    ...{ sysFlag: subscriptionAndHold, commitOffset: 0, suspendTimeoutMillis: holdMs },
    ...{ subscription: '*', subVersion: 0, expressionType: 'TAG' },
  });
}

/** Messages that one pull from the queue's begin answers. */
async function pulled(broker: string): Promise<number> {
  return Number((await pull(broker, 'AnyGroup')).extFields.get('nextBeginOffset'));
}

/** How long a pull at the end of the queue is held that may be held for 3 s. */
async function heldMs(broker: string): Promise<number> {
  const end = Number((await pull(broker, 'AnyGroup')).extFields.get('maxOffset'));
  const began = performance.now();
  await pull(broker, 'AnyGroup', end, 3000);
  return performance.now() - began;
}

async function beat(client: RemotingClient, broker: string, clientId: string, group: string) {
  const body = heartbeatBody({ clientId, group, topics: [filledTopic] });
  await client.call(broker, createRequest(RequestCode.HEART_BEAT, { body }));
}

/** Makes what the effects below need of a new broker. */
export async function prepareBroker(broker: string): Promise<void> {
  const admin = new AdminClient({ nameServers: [unasked] });
  await admin.topics.update(broker, {
    ...{ topicName: filledTopic, readQueueNums: 1, writeQueueNums: 1, perm: 6 },
    ...{ topicSysFlag: 0, order: false, attributes: new Map() },
  });
  const group = { ...subscriptionGroup(slowGroup), brokerId: slaveId };
  await admin.groups.update(broker, { ...group, groupRetryPolicy: null });
  await admin.close();
  for (let count = 0; count < 5; count++) await send(broker, filledTopic, 400);
  await pull(broker, 'AnyGroup');
}

export const brokerEffects: readonly KeyEffect[] = [
  {
    key: 'brokerPermission',
    value: '2',
    isInForce: async (broker) =>
      (await pull(broker, 'AnyGroup')).code === ResponseCode.NO_PERMISSION,
  },
  {
    key: 'draining',
    value: 'true',
    isInForce: async (broker) =>
      (await send(broker, filledTopic)).code === ResponseCode.SERVICE_NOT_AVAILABLE,
  },
  {
    key: 'defaultTopicQueueNums',
    value: '3',
    async isInForce(broker) {
      const topic = freshName('Made');
      await send(broker, topic);
      const admin = new AdminClient({ nameServers: [unasked] });
      const { queues } = await admin.topics.statsInBroker(broker, topic);
      await admin.close();
      return queues.length === 3;
    },
  },
  {
    key: 'autoCreateTopicEnable',
    value: 'false',
    isInForce: async (broker) =>
      (await send(broker, freshName('Unmade'))).code === ResponseCode.TOPIC_NOT_EXIST,
  },
  {
    key: 'autoCreateSubscriptionGroup',
    value: 'false',
    isInForce: async (broker) =>
      (await pull(broker, freshName('Group'))).code === ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
  },
  {
    key: 'slaveReadEnable',
    value: 'true',
    isInForce: async (broker) =>
      (await pull(broker, slowGroup)).extFields.get('suggestWhichBrokerId') === String(slaveId),
  },
  {
    key: 'longPollingEnable',
    value: 'false',
    isInForce: async (broker) => (await heldMs(broker)) < 2000,
  },
  {
    key: 'shortPollingTimeMills',
    value: '100',
    under: ['longPollingEnable', 'false'],
    isInForce: async (broker) => (await heldMs(broker)) < 700,
  },
  {
    key: 'notifyConsumerIdsChangedEnable',
    value: 'false',
    async isInForce(broker) {
      const group = freshName('Members');
      const told = await isTold(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, async (client) =>
        beat(client, broker, 'first', group),
      );
      return !told;
    },
  },
  {
    key: 'useServerSideResetOffset',
    value: 'false',
    async isInForce(broker) {
      const group = freshName('Reset');
      const reset = { topic: filledTopic, group, timestamp: 0, isForce: true };
      return await isTold(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, async (client) => {
        // The first pull makes the group; only a group with an offset can be reset.
        await pull(broker, group);
        const commit = { consumerGroup: group, topic: filledTopic, queueId: 0, commitOffset: 1 };
        await ask(broker, RequestCode.UPDATE_CONSUMER_OFFSET, commit);
        await beat(client, broker, 'member', group);
        await ask(broker, RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, reset);
      });
    },
  },
  {
    key: 'traceOn',
    value: 'false',
    isInForce: async (broker) =>
      (await send(broker, freshName('Traced'))).extFields.get('TRACE_ON') === 'false',
  },
  {
    key: 'maxTransferBytesOnMessageInMemory',
    value: '1200',
    isInForce: async (broker) => (await pulled(broker)) < 5,
  },
  {
    key: 'maxTransferCountOnMessageInMemory',
    value: '2',
    isInForce: async (broker) => (await pulled(broker)) === 2,
  },
];

/** Keys of talking to name servers; a name server in the test shows them. */
export const registrationKeys = ['registerNameServerPeriod', 'registerBrokerTimeoutMills'];

/** What this broker tells name servers of itself and its topics (Java BrokerController). */
import type { DataVersion } from '../../model/data-version.ts';
import { READ_WRITE } from '../../model/permission.ts';
import type { TopicConfig } from '../../model/topic-config.ts';
import { registerBrokerRequest } from '../../remoting/commands/register-broker.ts';
import { registerTopicRequest } from '../../remoting/commands/register-topic.ts';
import type { RemotingCommand } from '../../remoting/remoting-command.ts';
import type { BrokerIdentity } from '../settings/identity.ts';

export interface Registered {
  readonly topics: readonly TopicConfig[];
  readonly dataVersion: DataVersion;
  /** Whether the topics are only those that changed. */
  readonly isPart: boolean;
}

/** Topics are published with no more than `brokerPermission` allows, as Java does. */
export function registerRequest(
  identity: BrokerIdentity,
  { topics, dataVersion, isPart }: Registered,
  brokerPermission: number,
): RemotingCommand {
  const published = topics.map((topic) => restricted(topic, brokerPermission));
  return registerBrokerRequest({
    clusterName: identity.clusterName,
    brokerName: identity.brokerName,
    brokerAddr: identity.address,
    brokerId: identity.brokerId,
    haServerAddr: identity.haAddress,
    enableActingMaster: false,
    heartbeatTimeoutMillis: null,
    zoneName: null,
    isPart,
    body: {
      dataVersion,
      topics: new Map(published.map((topic) => [topic.topicName, topic])),
      filterServers: [],
      queueMappings: new Map(),
    },
  });
}

/** 217, the form of `enableSingleTopicRegister`; it leaves the data version as it is. */
export function singleTopicRequest(
  { brokerName }: BrokerIdentity,
  topic: TopicConfig,
  brokerPermission: number,
): RemotingCommand {
  const { topicName, readQueueNums, writeQueueNums, topicSysFlag } = topic;
  const { perm } = restricted(topic, brokerPermission);
  const queue = { brokerName, readQueueNums, writeQueueNums, perm, topicSysFlag };
  return registerTopicRequest({ topic: topicName, queueDatas: [queue] });
}

function restricted(topic: TopicConfig, brokerPermission: number): TopicConfig {
  const isOpen = (brokerPermission & READ_WRITE) === READ_WRITE;
  return isOpen ? topic : { ...topic, perm: topic.perm & brokerPermission };
}

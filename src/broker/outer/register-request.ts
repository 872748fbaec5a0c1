/** What this broker tells name servers of itself. */
import { READ_WRITE } from '../../model/permission.ts';
import type { TopicConfig } from '../../model/topic-config.ts';
import { registerBrokerRequest } from '../../remoting/commands/register-broker.ts';
import type { RemotingCommand } from '../../remoting/remoting-command.ts';
import type { BrokerIdentity } from '../settings/identity.ts';
import type { TopicTable } from '../topics/topic-file.ts';

/** Topics are published with no more than `brokerPermission` allows, as Java does. */
export function registerRequest(
  identity: BrokerIdentity,
  { topics, dataVersion }: TopicTable,
  brokerPermission: number,
): RemotingCommand {
  const restricted = (brokerPermission & READ_WRITE) !== READ_WRITE;
  const published = (topic: TopicConfig): TopicConfig =>
    restricted ? { ...topic, perm: topic.perm & brokerPermission } : topic;
  return registerBrokerRequest({
    clusterName: identity.clusterName,
    brokerName: identity.brokerName,
    brokerAddr: identity.address,
    brokerId: identity.brokerId,
    haServerAddr: identity.haAddress,
    enableActingMaster: false,
    heartbeatTimeoutMillis: null,
    zoneName: null,
    body: {
      dataVersion,
      topics: new Map(topics.map((topic) => [topic.topicName, published(topic)])),
      filterServers: [],
      queueMappings: new Map(),
    },
  });
}

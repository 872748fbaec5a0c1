/** The broker's settings: 26 answers all of them, 25 changes those that may change. */
import { dataVersionJson } from '../../remoting/bodies/data-version.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { autoCreateTopic } from '../topics/system-topics.ts';
import type { BrokerParts, Family, Peer } from './parts.ts';

export const settingsFamily: Family = (parts) => [
  [RequestCode.GET_BROKER_CONFIG, () => read(parts)],
  [RequestCode.UPDATE_BROKER_CONFIG, (request, peer) => update(parts, request, peer)],
];

/** What the topic that others are made from (`TBW102`) follows while the broker runs. */
const DEFAULT_TOPIC_KEYS = ['autoCreateTopicEnable', 'defaultTopicQueueNums'];

/** Java makes it at the start only, so that these two keys change nothing in a running broker. */
async function makeDefaultTopic(parts: BrokerParts): Promise<void> {
  if (!parts.settings.boolean('autoCreateTopicEnable')) return;
  const topic = autoCreateTopic(parts.settings.integer('defaultTopicQueueNums'));
  await parts.topics.update(topic, new Map());
}

function read(parts: BrokerParts): Reply {
  return reply(ResponseCode.SUCCESS, {
    extFields: { version: stringifyJson(dataVersionJson(parts.liveSettings.version)) },
    body: `${parts.liveSettings.lines().join('\n')}\n`,
  });
}

async function update(parts: BrokerParts, request: RemotingCommand, peer: Peer): Promise<Reply> {
  const keys = await parts.liveSettings.update(Buffer.from(request.body).toString('utf8'));
  parts.log.info({ keys, by: peer.remoteAddress }, 'settings changed');
  if (keys.some((key) => DEFAULT_TOPIC_KEYS.includes(key))) await makeDefaultTopic(parts);
  if (keys.includes('brokerPermission')) {
    await parts.topics.touch();
    await parts.registerAll();
  }
  return reply(ResponseCode.SUCCESS);
}

/**
 * Names that a request on the data plane used and policy does not know: they are made when the
 * rules allow it, else denied with the answer Java gives.
 *
 * Invariants: every wanted name is resolved exactly once per report; it is granted only after
 * its file is written and its policy published; a name is checked before anything is made of it.
 */
import type { DataPlane, Denial, WantedName } from '../dataplane/data-plane.ts';
import type { Logger } from '../logging/logger.ts';
import {
  DLQ_PREFIX,
  groupNameFault,
  isClosedToClients,
  RETRY_PREFIX,
  topicNameFault,
} from '../model/topic-name.ts';
import { ResponseCode } from '../remoting/response-code.ts';
import type { Groups } from './groups/groups.ts';
import type { Topics } from './topics/topics.ts';

const SEE_FAQ = '\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.';
const DLQ_QUEUES = 1;

export interface WantedParts {
  dataPlane: DataPlane;
  topics: Topics;
  groups: Groups;
  publish: () => void;
  log: Logger;
}

export async function resolveWanted(parts: WantedParts, wanted: WantedName): Promise<void> {
  let denial: Denial | null;
  try {
    denial = await (wanted.kind === 'topic'
      ? wantedTopic(parts, wanted)
      : wantedGroup(parts, wanted));
  } catch (error) {
    // The file could not be written: whoever asked must not take the name for granted.
    parts.log.error({ err: error, name: wanted.name }, `cannot make the ${wanted.kind}`);
    denial = { code: ResponseCode.SYSTEM_ERROR, remark: faultText(wanted, error) };
  }
  parts.publish();
  parts.dataPlane.resolveWanted(wanted.kind, wanted.name, denial);
}

function faultText(wanted: WantedName, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `the broker cannot make ${wanted.kind} ${wanted.name}: ${text}`;
}

async function wantedTopic(parts: WantedParts, wanted: WantedName): Promise<Denial | null> {
  const { name } = wanted;
  const fault = topicNameFault(name);
  if (fault !== null) return { code: ResponseCode.INVALID_PARAMETER, remark: fault };
  if (wanted.internal) return internalTopic(parts, wanted);
  if (isClosedToClients(name)) {
    return {
      code: ResponseCode.INVALID_PARAMETER,
      remark: `Sending message to topic[${name}] is forbidden.`,
    };
  }
  const topic =
    wanted.defaultTopic === null
      ? await parts.topics.findDurable(name)
      : await parts.topics.createByDefault({
          name,
          defaultTopic: wanted.defaultTopic,
          queueNums: wanted.defaultTopicQueueNums ?? 0,
          topicSysFlag: wanted.topicSysFlag,
        });
  return topic === null ? noTopic(name) : null;
}

function noTopic(name: string): Denial {
  return {
    code: ResponseCode.TOPIC_NOT_EXIST,
    remark: `topic[${name}] not exist, apply first please!${SEE_FAQ}`,
  };
}

/** A retry topic has the queues its group asks for, a dead-letter topic one. */
async function internalTopic(parts: WantedParts, wanted: WantedName): Promise<Denial | null> {
  const { name, topicSysFlag } = wanted;
  if (name.startsWith(DLQ_PREFIX)) {
    await parts.topics.createForGroup(name, { queueNums: DLQ_QUEUES, topicSysFlag });
    return null;
  }
  if (name.startsWith(RETRY_PREFIX)) {
    const group = parts.groups.find(name.slice(RETRY_PREFIX.length));
    const queueNums = group?.retryQueueNums ?? 1;
    await parts.topics.createForGroup(name, { queueNums, topicSysFlag });
    return null;
  }
  return (await parts.topics.findDurable(name)) === null ? noTopic(name) : null;
}

async function wantedGroup(parts: WantedParts, wanted: WantedName): Promise<Denial | null> {
  const { name } = wanted;
  const fault = groupNameFault(name);
  const group = fault === null ? await parts.groups.findOrCreate(name) : null;
  if (group !== null) return null;
  return {
    code: ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
    remark: `subscription group [${name.slice(0, 255)}] does not exist, ${SEE_FAQ}`,
  };
}

/**
 * Topics that are part of the protocol (Java TopicConfigManager): made at every start unless the
 * file has them, protected against update and deletion.
 */
import { Permission, READ_WRITE } from '../../model/permission.ts';
import { type TopicConfig, topicConfig } from '../../model/topic-config.ts';
import { isSystemTopic, SystemTopic, systemTopics } from '../../model/topic-name.ts';

const SCHEDULE_QUEUES = 18;
const BENCHMARK_QUEUES = 1024;

export interface SystemTopicSettings {
  clusterName: string;
  brokerName: string;
  autoCreateTopicEnable: boolean;
  defaultTopicQueueNums: number;
  clusterTopicEnable: boolean;
  brokerTopicEnable: boolean;
  traceTopicEnable: boolean;
  msgTraceTopicName: string;
  reviveQueueNum: number;
  timerWheelEnable: boolean;
}

/** The system topics of one broker: those every broker has, and those named after this one. */
export class SystemTopics {
  readonly configs: readonly TopicConfig[];
  readonly #names: ReadonlySet<string>;

  constructor(settings: SystemTopicSettings) {
    this.configs = createdAtStart(settings);
    this.#names = new Set([...systemTopics(), ...this.configs.map((topic) => topic.topicName)]);
  }

  has(topic: string): boolean {
    return this.#names.has(topic) || isSystemTopic(topic);
  }

  names(): string[] {
    return [...this.#names];
  }
}

/** The topic from which senders' topics are made. */
export function autoCreateTopic(queueNums: number): TopicConfig {
  return queues(SystemTopic.AUTO_CREATE, queueNums, READ_WRITE | Permission.INHERIT);
}

function queues(topicName: string, count: number, perm = READ_WRITE): TopicConfig {
  return topicConfig(topicName, { readQueueNums: count, writeQueueNums: count, perm });
}

function createdAtStart(settings: SystemTopicSettings): TopicConfig[] {
  const { clusterName, brokerName } = settings;
  const namedPerm = (open: boolean): number => Permission.INHERIT | (open ? READ_WRITE : 0);
  const topics = [
    queues(SystemTopic.SELF_TEST, 1),
    queues(SystemTopic.BENCHMARK, BENCHMARK_QUEUES),
    topicConfig(clusterName, { perm: namedPerm(settings.clusterTopicEnable) }),
    queues(brokerName, 1, namedPerm(settings.brokerTopicEnable)),
    queues(SystemTopic.OFFSET_MOVED_EVENT, 1),
    queues(SystemTopic.SCHEDULE, SCHEDULE_QUEUES),
    queues(`${clusterName}_REPLY_TOPIC`, 1),
    queues(`rmq_sys_REVIVE_LOG_${clusterName}`, settings.reviveQueueNum),
    queues(`rmq_sys_SYNC_BROKER_MEMBER_${brokerName}`, 1, Permission.INHERIT),
    queues(SystemTopic.TRANS_HALF, 1),
    queues(SystemTopic.TRANS_OP_HALF, 1),
  ];
  if (settings.autoCreateTopicEnable) topics.push(autoCreateTopic(settings.defaultTopicQueueNums));
  if (settings.traceTopicEnable) topics.push(queues(settings.msgTraceTopicName, 1));
  if (settings.timerWheelEnable) topics.push(queues('rmq_sys_wheel_timer', 1));
  return topics;
}

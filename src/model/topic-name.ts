/**
 * Names of topics and groups from outside (Java `TopicValidator`): the charset
 * `[%|a-zA-Z0-9_-]`, 127 characters for topics, 255 for retry and dead-letter topics, 120 for
 * groups. What passes has no `/`, `.` or NUL and may become part of a path.
 */
export const RETRY_PREFIX = '%RETRY%';
export const DLQ_PREFIX = '%DLQ%';
export const TOPIC_CHARACTERS_MAX = 127;
export const RETRY_OR_DLQ_CHARACTERS_MAX = 255;
export const GROUP_CHARACTERS_MAX = 120;
export const SYSTEM_TOPIC_PREFIX = 'rmq_sys_';
export const SYNC_BROKER_MEMBER_GROUP_PREFIX = `${SYSTEM_TOPIC_PREFIX}SYNC_BROKER_MEMBER_`;

export const SystemTopic = {
  AUTO_CREATE: 'TBW102',
  SCHEDULE: 'SCHEDULE_TOPIC_XXXX',
  BENCHMARK: 'BenchmarkTest',
  TRANS_HALF: 'RMQ_SYS_TRANS_HALF_TOPIC',
  TRACE: 'RMQ_SYS_TRACE_TOPIC',
  TRANS_OP_HALF: 'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  TRANS_CHECK_MAX_TIME: 'TRANS_CHECK_MAX_TIME_TOPIC',
  SELF_TEST: 'SELF_TEST_TOPIC',
  OFFSET_MOVED_EVENT: 'OFFSET_MOVED_EVENT',
  ROCKSDB_OFFSET: 'CHECKPOINT_TOPIC',
} as const;

const SYSTEM_TOPICS: ReadonlySet<string> = new Set(Object.values(SystemTopic));
const CLOSED_TO_CLIENTS: ReadonlySet<string> = new Set([
  SystemTopic.SCHEDULE,
  SystemTopic.TRANS_HALF,
  SystemTopic.TRANS_OP_HALF,
  SystemTopic.TRANS_CHECK_MAX_TIME,
  SystemTopic.SELF_TEST,
  SystemTopic.OFFSET_MOVED_EVENT,
]);
const LEGAL = /^[%|a-zA-Z0-9_-]+$/;

/** Why the name cannot be a topic's, null when it can. */
export function topicNameFault(topic: string): string | null {
  const derived = topic.startsWith(RETRY_PREFIX) || topic.startsWith(DLQ_PREFIX);
  const max = derived ? RETRY_OR_DLQ_CHARACTERS_MAX : TOPIC_CHARACTERS_MAX;
  return nameFault('topic', topic, max);
}

/** Why the name cannot be a group's, null when it can. */
export function groupNameFault(group: string): string | null {
  return nameFault('group', group, GROUP_CHARACTERS_MAX);
}

/** Topics of RocketMQ itself; a broker adds its cluster's and its own name. */
export function isSystemTopic(topic: string): boolean {
  return SYSTEM_TOPICS.has(topic) || topic.startsWith(SYSTEM_TOPIC_PREFIX);
}

/** Topics to which a client's send is refused. */
export function isClosedToClients(topic: string): boolean {
  return CLOSED_TO_CLIENTS.has(topic);
}

export function systemTopics(): ReadonlySet<string> {
  return SYSTEM_TOPICS;
}

export function retryTopicOf(group: string): string {
  return `${RETRY_PREFIX}${group}`;
}

export function dlqTopicOf(group: string): string {
  return `${DLQ_PREFIX}${group}`;
}

function nameFault(kind: string, name: string, charactersMax: number): string | null {
  if (name.trim() === '') {
    return `The specified ${kind} is blank.`;
  }
  if (name.length > charactersMax) {
    const start = name.slice(0, charactersMax);
    return `The specified ${kind} ${start}... is longer than ${charactersMax} characters`;
  }
  if (!LEGAL.test(name)) {
    return `The specified ${kind} ${name} contains characters other than [%|a-zA-Z0-9_-]`;
  }
  return null;
}

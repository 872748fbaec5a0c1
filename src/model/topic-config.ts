/** What a broker knows of a topic, and publishes (Java `TopicConfig`). */
export interface TopicConfig {
  readonly topicName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  /** Bit set of `permission.ts`. */
  readonly perm: number;
  readonly topicFilterType: TopicFilterType;
  readonly topicSysFlag: number;
  readonly order: boolean;
  readonly attributes: ReadonlyMap<string, string>;
}

export type TopicFilterType = 'SINGLE_TAG' | 'MULTI_TAG';

const DEFAULT_QUEUES = 16;
const READ_WRITE = 6;

/** A topic with Java's defaults for what is not given. */
export function topicConfig(topicName: string, parts: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: parts.readQueueNums ?? DEFAULT_QUEUES,
    writeQueueNums: parts.writeQueueNums ?? DEFAULT_QUEUES,
    perm: parts.perm ?? READ_WRITE,
    topicFilterType: parts.topicFilterType ?? 'SINGLE_TAG',
    topicSysFlag: parts.topicSysFlag ?? 0,
    order: parts.order ?? false,
    attributes: parts.attributes ?? new Map(),
  };
}

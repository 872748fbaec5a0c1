/** A topic's settings as JSON, and as the text of compressed registrations (Java `TopicConfig`). */
import { type TopicConfig, type TopicFilterType, topicConfig } from '../../model/topic-config.ts';
import {
  asObject,
  booleanMember,
  integerMember,
  JsonError,
  type JsonObject,
  type JsonWritable,
  parseJson,
  stringifyJson,
  textMapMember,
  textMember,
} from '../fastjson.ts';

export function topicConfigJson(config: TopicConfig): JsonWritable {
  return { ...config };
}

/** The name falls back to the key under which a table holds the topic. */
export function readTopicConfig(object: JsonObject, key: string | null = null): TopicConfig {
  const name = textMember(object, 'topicName') ?? key;
  if (name === null) {
    throw new JsonError('a topic has no name');
  }
  const defaults = topicConfig(name);
  return {
    topicName: name,
    readQueueNums: integerMember(object, 'readQueueNums') ?? defaults.readQueueNums,
    writeQueueNums: integerMember(object, 'writeQueueNums') ?? defaults.writeQueueNums,
    perm: integerMember(object, 'perm') ?? defaults.perm,
    topicFilterType: filterType(textMember(object, 'topicFilterType')),
    topicSysFlag: integerMember(object, 'topicSysFlag') ?? defaults.topicSysFlag,
    order: booleanMember(object, 'order') ?? defaults.order,
    attributes: textMapMember(object, 'attributes') ?? defaults.attributes,
  };
}

/** `name readQueues writeQueues perm filterType attributesJson`, one blank between. */
export function topicConfigText(config: TopicConfig): string {
  const { topicName, readQueueNums, writeQueueNums, perm, topicFilterType } = config;
  const attributes = stringifyJson(config.attributes);
  return `${topicName} ${readQueueNums} ${writeQueueNums} ${perm} ${topicFilterType} ${attributes}`;
}

export function readTopicConfigText(text: string): TopicConfig {
  const [name, read, write, perm, filter, attributes] = text.split(' ');
  if (name === undefined || name === '' || filter === undefined) {
    throw new JsonError('a topic has fewer than five fields');
  }
  return topicConfig(name, {
    readQueueNums: count(read),
    writeQueueNums: count(write),
    perm: count(perm),
    topicFilterType: filterType(filter),
    attributes: attributesOf(attributes),
  });
}

function count(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) {
    throw new JsonError('a number of a topic is not one');
  }
  return Number(text);
}

function filterType(text: string | null): TopicFilterType {
  return text === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG';
}

/** Attributes with blanks in them arrive cut; Java drops these and keeps the topic. */
function attributesOf(text: string | undefined): ReadonlyMap<string, string> {
  try {
    const holder: JsonObject = new Map([['attributes', parseJson(text ?? '{}')]]);
    return textMapMember(holder, 'attributes') ?? new Map();
  } catch (error) {
    if (error instanceof JsonError) {
      return new Map();
    }
    throw error;
  }
}

export function topicTableJson(topics: ReadonlyMap<string, TopicConfig>): JsonWritable {
  return new Map([...topics].map(([name, config]) => [name, topicConfigJson(config)]));
}

export function readTopicTable(object: JsonObject | null): Map<string, TopicConfig> {
  const topics = new Map<string, TopicConfig>();
  for (const [key, value] of object ?? []) {
    if (typeof key !== 'string') {
      throw new JsonError('a topic name is not text');
    }
    const config = readTopicConfig(asObject(value, 'a topic'), key);
    topics.set(config.topicName, config);
  }
  return topics;
}

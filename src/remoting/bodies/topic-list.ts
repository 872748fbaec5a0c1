/** Names of topics, with the address of a broker in one case (Java `TopicList`). */
import { arrayMember, asObject, parseJson, stringifyJson, textMember } from '../fastjson.ts';

export interface TopicList {
  readonly topics: readonly string[];
  readonly brokerAddr: string | null;
}

export function encodeTopicList(
  topics: Iterable<string>,
  brokerAddr: string | null = null,
): string {
  return stringifyJson({ brokerAddr, topicList: [...topics] });
}

export function decodeTopicList(bytes: Uint8Array): TopicList {
  const body = asObject(parseJson(bytes), 'topic list');
  return {
    topics: (arrayMember(body, 'topicList') ?? []).map(String),
    brokerAddr: textMember(body, 'brokerAddr'),
  };
}

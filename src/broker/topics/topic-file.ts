/** `topics.json`: `{dataVersion, topicConfigTable: {<topic>: TopicConfig}}`. */
import type { DataVersion } from '../../model/data-version.ts';
import type { TopicConfig } from '../../model/topic-config.ts';
import { dataVersionJson, readDataVersion } from '../../remoting/bodies/data-version.ts';
import {
  readTopicTable,
  topicTableJson as topicsJson,
} from '../../remoting/bodies/topic-config.ts';
import { asObject, objectMember, parseJson, stringifyJson } from '../../remoting/fastjson.ts';

export interface TopicTable {
  topics: TopicConfig[];
  dataVersion: DataVersion;
}

export function encodeTopicTable(table: TopicTable): string {
  return stringifyJson(topicTableJson(table), { pretty: true });
}

export function topicTableJson({ topics, dataVersion }: TopicTable) {
  return {
    dataVersion: dataVersionJson(dataVersion),
    topicConfigTable: topicsJson(new Map(topics.map((topic) => [topic.topicName, topic]))),
  };
}

export function decodeTopicTable(text: string): TopicTable {
  const json = asObject(parseJson(text), 'topics.json');
  return {
    topics: [...readTopicTable(objectMember(json, 'topicConfigTable')).values()],
    dataVersion: readDataVersion(objectMember(json, 'dataVersion')),
  };
}

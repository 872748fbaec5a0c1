/**
 * `consumerOffset.json`: `{dataVersion, groupTopicMap, offsetTable: {"<topic>@<group>":
 * {<queueId>: <offset>}}}`. `groupTopicMap` is derived; Java writes it and ignores it at load.
 */
import type { ConsumerOffset } from '../../dataplane/data-plane.ts';
import { dataVersionJson } from '../../remoting/bodies/data-version.ts';
import { asObject, objectMember, parseJson, stringifyJson } from '../../remoting/fastjson.ts';

export interface OffsetTable {
  version: number;
  offsets: readonly ConsumerOffset[];
  savedMs: number;
}

export function offsetTableJson({ version, offsets, savedMs }: OffsetTable) {
  const table = new Map<string, Map<number, number>>();
  const topicsOf = new Map<string, Set<string>>();
  for (const { topic, group, queueId, offset } of offsets) {
    const key = `${topic}@${group}`;
    const queues = table.get(key) ?? new Map<number, number>();
    table.set(key, queues.set(queueId, offset));
    topicsOf.set(group, (topicsOf.get(group) ?? new Set()).add(topic));
  }
  return {
    dataVersion: dataVersionJson({ counter: version, stateVersion: 0, timestamp: savedMs }),
    groupTopicMap: new Map([...topicsOf].map(([group, topics]) => [group, [...topics]])),
    offsetTable: table,
  };
}

export function encodeOffsetTable(table: OffsetTable): string {
  return stringifyJson(offsetTableJson(table), { pretty: true });
}

export function decodeOffsetTable(text: string): ConsumerOffset[] {
  const json = asObject(parseJson(text), 'consumerOffset.json');
  const offsets: ConsumerOffset[] = [];
  for (const [key, queues] of objectMember(json, 'offsetTable') ?? []) {
    const [topic, group, ...rest] = String(key).split('@');
    if (topic === undefined || group === undefined || rest.length > 0) continue;
    for (const [queue, value] of asObject(queues, String(key))) {
      const queueId = Number(queue);
      const offset = Number(value);
      if (!Number.isInteger(queueId) || !Number.isSafeInteger(offset) || offset < 0) {
        throw new Error(`offset of ${String(key)} queue ${String(queue)} is not a number`);
      }
      offsets.push({ topic, group, queueId, offset });
    }
  }
  return offsets;
}

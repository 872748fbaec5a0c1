/**
 * `consumerOffset.json`: `{dataVersion, groupTopicMap, offsetTable: {"<topic>@<group>":
 * {<queueId>: <offset>}}}`. `groupTopicMap` is derived; Java writes it and ignores it at load.
 *
 * Ours adds `resetTable`, of the shape of `offsetTable`: when an administrator last reset the
 * offset, in milliseconds since 1970. Java ignores it, and leaves it out of what it writes.
 */
import type { ConsumerOffset } from '../../dataplane/data-plane.ts';
import { dataVersionJson } from '../../remoting/bodies/data-version.ts';
import { asObject, objectMember, parseJson, stringifyJson } from '../../remoting/fastjson.ts';

/** An administrator's reset of one offset; of two, the later one holds. */
export interface OffsetReset {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly resetMs: number;
}

export interface OffsetTable {
  version: number;
  offsets: readonly ConsumerOffset[];
  resets: readonly OffsetReset[];
  savedMs: number;
}

export type StoredOffsets = Pick<OffsetTable, 'offsets' | 'resets'>;

export function offsetTableJson({ version, offsets, resets, savedMs }: OffsetTable) {
  const topicsOf = new Map<string, Set<string>>();
  for (const { topic, group } of offsets) {
    topicsOf.set(group, (topicsOf.get(group) ?? new Set()).add(topic));
  }
  return {
    dataVersion: dataVersionJson({ counter: version, stateVersion: 0, timestamp: savedMs }),
    groupTopicMap: new Map([...topicsOf].map(([group, topics]) => [group, [...topics]])),
    offsetTable: byQueue(offsets, ({ offset }) => offset),
    ...(resets.length > 0 && { resetTable: byQueue(resets, ({ resetMs }) => resetMs) }),
  };
}

function byQueue<T extends Pick<ConsumerOffset, 'group' | 'topic' | 'queueId'>>(
  rows: readonly T[],
  numberOf: (row: T) => number,
): Map<string, Map<number, number>> {
  const table = new Map<string, Map<number, number>>();
  for (const row of rows) {
    const key = `${row.topic}@${row.group}`;
    const queues = table.get(key) ?? new Map<number, number>();
    table.set(key, queues.set(row.queueId, numberOf(row)));
  }
  return table;
}

export function encodeOffsetTable(table: OffsetTable): string {
  return stringifyJson(offsetTableJson(table), { pretty: true });
}

export function decodeOffsetTable(text: string): StoredOffsets {
  const json = asObject(parseJson(text), 'consumerOffset.json');
  const rows = (name: string) => decodeRows(objectMember(json, name));
  return {
    offsets: rows('offsetTable').map(({ value, ...place }) => ({ ...place, offset: value })),
    resets: rows('resetTable').map(({ value, ...place }) => ({ ...place, resetMs: value })),
  };
}

interface Row extends Pick<ConsumerOffset, 'group' | 'topic' | 'queueId'> {
  value: number;
}

function decodeRows(table: ReturnType<typeof objectMember>): Row[] {
  const rows: Row[] = [];
  for (const [key, queues] of table ?? []) {
    const [topic, group, ...rest] = String(key).split('@');
    if (topic === undefined || group === undefined || rest.length > 0) continue;
    for (const [queue, number] of asObject(queues, String(key))) {
      const queueId = Number(queue);
      const value = Number(number);
      if (!Number.isInteger(queueId) || !Number.isSafeInteger(value) || value < 0) {
        throw new Error(`offset of ${String(key)} queue ${String(queue)} is not a number`);
      }
      rows.push({ topic, group, queueId, value });
    }
  }
  return rows;
}

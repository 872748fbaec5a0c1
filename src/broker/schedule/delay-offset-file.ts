/** `delayOffset.json`: `{dataVersion, offsetTable: {<level>: <queue offset>}}`. */
import type { DelayProgress } from '../../dataplane/data-plane.ts';
import { dataVersionJson } from '../../remoting/bodies/data-version.ts';
import { asObject, objectMember, parseJson, stringifyJson } from '../../remoting/fastjson.ts';

export interface DelayTable {
  progress: readonly DelayProgress[];
  saves: number;
  savedMs: number;
}

export function delayTableJson({ progress, saves, savedMs }: DelayTable) {
  return {
    dataVersion: dataVersionJson({ counter: saves, stateVersion: 0, timestamp: savedMs }),
    offsetTable: new Map(progress.map(({ level, offset }) => [level, offset])),
  };
}

export function encodeDelayTable(table: DelayTable): string {
  return stringifyJson(delayTableJson(table), { pretty: true });
}

export function decodeDelayTable(text: string): DelayProgress[] {
  const json = asObject(parseJson(text), 'delayOffset.json');
  return [...(objectMember(json, 'offsetTable') ?? [])].map(([key, value]) => {
    const level = Number(key);
    const offset = Number(value);
    if (!Number.isInteger(level) || !Number.isSafeInteger(offset) || offset < 0) {
      throw new Error(`progress of delay level ${String(key)} is not a number`);
    }
    return { level, offset };
  });
}

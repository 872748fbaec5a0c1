/** `{"table":{"key":"value"}}` (Java `KVTable`). */
import { asObject, parseJson, stringifyJson, textMapMember } from '../fastjson.ts';

export function encodeKvTable(table: ReadonlyMap<string, string>): string {
  return stringifyJson({ table });
}

export function decodeKvTable(bytes: Uint8Array): Map<string, string> {
  return textMapMember(asObject(parseJson(bytes), 'key-value table'), 'table') ?? new Map();
}

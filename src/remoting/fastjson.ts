/**
 * JSON as fastjson 1.2 writes and reads it (Java `RemotingSerializable`), which is JSON plus two
 * forms no standard parser takes: integer map keys without quotes (`{0:"ip:port"}`) and whole
 * objects as map keys (`{{"topic":"T","queueId":0}:{...}}`).
 *
 * The parser accepts these, single quotes, bare identifiers as keys, trailing commas and text
 * around nothing else; it refuses nesting over 64 and anything left behind the value. Objects
 * become Maps, so that no key from outside can reach a prototype; unquoted integer keys become
 * their digits; integers past 2^53 - 1 become bigint.
 *
 * The writer sorts the keys of plain objects, as fastjson sorts bean fields, and leaves out
 * null and undefined members. A Map with number keys writes them unquoted, a Map with object
 * keys writes them raw, unless `standard` is set.
 */
export {
  JsonError,
  type JsonKey,
  type JsonObject,
  type JsonValue,
  parseJson,
} from './fastjson-parser.ts';
export { type JsonWritable, stringifyJson } from './fastjson-writer.ts';

import { JsonError, type JsonObject, type JsonValue } from './fastjson-parser.ts';

/** The value as an object, or an error that names what it should have been. */
export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (value instanceof Map) {
    return value;
  }
  throw new JsonError(`${what} is not an object`);
}

export function asArray(value: JsonValue | undefined, what: string): JsonValue[] {
  if (Array.isArray(value)) {
    return value;
  }
  throw new JsonError(`${what} is not a list`);
}

/** Text of a member, null when absent; numbers and booleans read as their text. */
export function textMember(object: JsonObject, name: string): string | null {
  const value = object.get(name);
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'object') {
    throw new JsonError(`member ${name} is not text`);
  }
  return String(value);
}

/** Integer of a member, null when absent; text of digits is taken too, as fastjson does. */
export function integerMember(object: JsonObject, name: string): number | null {
  const value = object.get(name);
  if (value === undefined || value === null) {
    return null;
  }
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new JsonError(`member ${name} is not an integer`);
  }
  return number;
}

export function booleanMember(object: JsonObject, name: string): boolean | null {
  const value = object.get(name);
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'boolean') {
    return value;
  }
  if (value === 'true' || value === 'false') {
    return value === 'true';
  }
  throw new JsonError(`member ${name} is not a boolean`);
}

/** Member as an object, null when absent or null. */
export function objectMember(object: JsonObject, name: string): JsonObject | null {
  const value = object.get(name);
  return value === undefined || value === null ? null : asObject(value, `member ${name}`);
}

/** Member as a list, null when absent or null. */
export function arrayMember(object: JsonObject, name: string): JsonValue[] | null {
  const value = object.get(name);
  return value === undefined || value === null ? null : asArray(value, `member ${name}`);
}

/** Member that is a map of text to text, null when absent or null. */
export function textMapMember(object: JsonObject, name: string): Map<string, string> | null {
  const member = objectMember(object, name);
  if (member === null) {
    return null;
  }
  const texts = new Map<string, string>();
  for (const key of member.keys()) {
    if (typeof key !== 'string') {
      throw new JsonError(`member ${name} has a key that is not text`);
    }
    const text = textMember(member, key);
    if (text !== null) {
      texts.set(key, text);
    }
  }
  return texts;
}

/** `{"counter":2,"stateVersion":0,"timestamp":1700000000000}` (Java `DataVersion`). */
import type { DataVersion } from '../../model/data-version.ts';
import { INITIAL_DATA_VERSION } from '../../model/data-version.ts';
import { integerMember, type JsonObject, type JsonWritable } from '../fastjson.ts';

export function dataVersionJson(version: DataVersion): JsonWritable {
  return {
    counter: version.counter,
    stateVersion: version.stateVersion,
    timestamp: version.timestamp,
  };
}

/** Absent members read as 0. */
export function readDataVersion(object: JsonObject | null): DataVersion {
  if (object === null) {
    return INITIAL_DATA_VERSION;
  }
  return {
    stateVersion: integerMember(object, 'stateVersion') ?? 0,
    timestamp: integerMember(object, 'timestamp') ?? 0,
    counter: integerMember(object, 'counter') ?? 0,
  };
}

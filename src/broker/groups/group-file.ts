/**
 * `subscriptionGroup.json`: `{dataVersion, forbiddenTable, subscriptionGroupTable}`. What Java
 * keeps in members we do not serve (forbidden topics, custom retry policies) is carried through
 * a load and a save unchanged.
 */
import type { DataVersion } from '../../model/data-version.ts';
import type { SubscriptionGroupConfig } from '../../model/subscription-group.ts';
import { dataVersionJson, readDataVersion } from '../../remoting/bodies/data-version.ts';
import {
  asObject,
  type JsonObject,
  objectMember,
  parseJson,
  stringifyJson,
} from '../../remoting/fastjson.ts';
import { groupConfigFrom, groupConfigJson } from './group-config.ts';

export interface GroupTable {
  groups: SubscriptionGroupConfig[];
  /** Group → topic → forbidden bits, as Java wrote it. */
  forbidden: JsonObject;
  dataVersion: DataVersion;
}

export function groupTableJson({ groups, forbidden, dataVersion }: GroupTable) {
  return {
    dataVersion: dataVersionJson(dataVersion),
    forbiddenTable: forbidden,
    subscriptionGroupTable: new Map(
      groups.map((group) => [group.groupName, groupConfigJson(group)]),
    ),
  };
}

export function encodeGroupTable(table: GroupTable): string {
  return stringifyJson(groupTableJson(table), { pretty: true });
}

export function decodeGroupTable(text: string): GroupTable {
  const json = asObject(parseJson(text), 'subscriptionGroup.json');
  const groups: SubscriptionGroupConfig[] = [];
  for (const [name, value] of objectMember(json, 'subscriptionGroupTable') ?? []) {
    if (typeof name === 'string') groups.push(groupConfigFrom(asObject(value, name), name));
  }
  return {
    groups,
    forbidden: objectMember(json, 'forbiddenTable') ?? new Map(),
    dataVersion: readDataVersion(objectMember(json, 'dataVersion')),
  };
}

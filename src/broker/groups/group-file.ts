/**
 * `subscriptionGroup.json`: `{dataVersion, forbiddenTable, subscriptionGroupTable}`. What Java
 * keeps in members we do not serve (retry policies, subscriptions) is carried through a load and a
 * save unchanged.
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
  /** Group → topic → bits of what is forbidden: 4 read. */
  forbidden: JsonObject;
  /** Group → its members that are not ours. */
  foreign: ReadonlyMap<string, JsonObject>;
  dataVersion: DataVersion;
}

const FOREIGN = ['groupRetryPolicy', 'subscriptionDataSet'];

function foreignMembers(json: JsonObject): JsonObject {
  return new Map([...json].filter(([key]) => FOREIGN.includes(String(key))));
}

export function groupTableJson({ groups, forbidden, foreign, dataVersion }: GroupTable) {
  const json = (group: SubscriptionGroupConfig) => ({
    ...groupConfigJson(group),
    ...Object.fromEntries(foreign.get(group.groupName) ?? []),
  });
  return {
    dataVersion: dataVersionJson(dataVersion),
    forbiddenTable: forbidden,
    subscriptionGroupTable: new Map(groups.map((group) => [group.groupName, json(group)])),
  };
}

export function encodeGroupTable(table: GroupTable): string {
  return stringifyJson(groupTableJson(table), { pretty: true });
}

export function decodeGroupTable(text: string): GroupTable {
  const json = asObject(parseJson(text), 'subscriptionGroup.json');
  const groups: SubscriptionGroupConfig[] = [];
  const foreign = new Map<string, JsonObject>();
  for (const [name, value] of objectMember(json, 'subscriptionGroupTable') ?? []) {
    if (typeof name !== 'string') continue;
    const members = asObject(value, name);
    groups.push(groupConfigFrom(members, name));
    foreign.set(name, foreignMembers(members));
  }
  return {
    groups,
    forbidden: objectMember(json, 'forbiddenTable') ?? new Map(),
    foreign,
    dataVersion: readDataVersion(objectMember(json, 'dataVersion')),
  };
}

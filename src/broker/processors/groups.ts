/**
 * Subscription groups as administrators handle them: create and change 200 and 225, delete 207,
 * settings of one 352 and of all 201 (Java AdminBrokerProcessor).
 */
import type { SubscriptionGroupConfig } from '../../model/subscription-group.ts';
import { groupNameFault } from '../../model/topic-name.ts';
import { Refusal } from '../../remoting/errors.ts';
import { arrayMember, asObject, parseJson, stringifyJson } from '../../remoting/fastjson.ts';
import { optionalBoolean, requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { groupConfigFrom, groupConfigJson } from '../groups/group-config.ts';
import { groupTableJson } from '../groups/group-file.ts';
import type { BrokerParts, Family } from './parts.ts';

export const groupFamily: Family = (parts) => [
  [
    RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
    (request) => update(parts, [groupConfigFrom(asObject(parseJson(request.body), 'group'))]),
  ],
  [
    RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST,
    (request) => update(parts, groupsFrom(request)),
  ],
  [RequestCode.DELETE_SUBSCRIPTIONGROUP, (request) => remove(parts, request)],
  [RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, (request) => oneGroup(parts, request)],
  [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, () => allGroups(parts)],
];

function groupsFrom(request: RemotingCommand): SubscriptionGroupConfig[] {
  const body = asObject(parseJson(request.body), 'group list');
  return (arrayMember(body, 'groupConfigList') ?? []).map((each) =>
    groupConfigFrom(asObject(each, 'group')),
  );
}

async function update(parts: BrokerParts, groups: SubscriptionGroupConfig[]): Promise<Reply> {
  for (const { groupName } of groups) {
    const fault = groupNameFault(groupName);
    if (fault !== null) throw new Refusal(ResponseCode.INVALID_PARAMETER, fault);
  }
  await parts.groups.updateAll(groups);
  return reply(ResponseCode.SUCCESS);
}

async function remove(parts: BrokerParts, request: RemotingCommand): Promise<Reply> {
  const name = requiredText(request.extFields, 'groupName');
  await parts.groups.remove(name);
  if (optionalBoolean(request.extFields, 'cleanOffset') === true) {
    parts.dataPlane.eraseGroupOffsets(name);
  }
  return reply(ResponseCode.SUCCESS);
}

function oneGroup(parts: BrokerParts, request: RemotingCommand): Reply {
  const group = parts.groups.find(requiredText(request.extFields, 'group'));
  if (group === null) {
    throw new Refusal(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, 'No group in this broker');
  }
  return reply(ResponseCode.SUCCESS, { body: stringifyJson(groupConfigJson(group)) });
}

function allGroups(parts: BrokerParts): Reply {
  return reply(ResponseCode.SUCCESS, {
    extFields: { totalGroupNum: parts.groups.size },
    body: stringifyJson(groupTableJson(parts.groups.table())),
  });
}

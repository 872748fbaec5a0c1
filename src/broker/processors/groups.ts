/**
 * Subscription groups as administrators handle them: create and change 200 and 225, delete 207,
 * settings of one 352 and of all 201, topics that a group may not read 353 (Java
 * AdminBrokerProcessor).
 */
import type { SubscriptionGroupConfig } from '../../model/subscription-group.ts';
import { groupNameFault, topicNameFault } from '../../model/topic-name.ts';
import { Refusal } from '../../remoting/errors.ts';
import { arrayMember, asObject, parseJson, stringifyJson } from '../../remoting/fastjson.ts';
import { optionalBoolean, requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { groupConfigFrom, groupConfigJson } from '../groups/group-config.ts';
import { groupTableJson } from '../groups/group-file.ts';
import { taggedReply } from '../ha/table-tag.ts';
import { onMasterOnly } from './on-master-only.ts';
import { type BrokerParts, type Family, tableTag } from './parts.ts';

export const groupFamily: Family = (parts) => [
  [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, (request) => updateOne(parts, request)],
  [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, (request) => updateList(parts, request)],
  [RequestCode.DELETE_SUBSCRIPTIONGROUP, (request) => removeOne(parts, request)],
  [RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, (request) => oneGroup(parts, request)],
  [RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, (request) => forbidden(parts, request)],
  [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, (request) => allGroups(parts, request)],
];

const updateOne = onMasterOnly((parts, request) =>
  update(parts, [groupConfigFrom(asObject(parseJson(request.body), 'group'))]),
);
const updateList = onMasterOnly((parts, request) => update(parts, groupsFrom(request)));
const removeOne = onMasterOnly(remove);

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

/** Whether the group may read the topic, after a change when one is asked for (353). */
const forbidden = onMasterOnly(async (parts, request) => {
  const group = requiredText(request.extFields, 'group');
  const topic = requiredText(request.extFields, 'topic');
  const fault = groupNameFault(group) ?? topicNameFault(topic);
  if (fault !== null) throw new Refusal(ResponseCode.INVALID_PARAMETER, fault);
  const wanted = optionalBoolean(request.extFields, 'readable');
  if (wanted !== null) {
    await parts.groups.setForbidden(group, topic, !wanted);
    parts.publish();
  }
  const readable = !parts.groups.forbiddenTopics(group).includes(topic);
  return reply(ResponseCode.SUCCESS, { body: stringifyJson({ group, readable, topic }) });
});

function oneGroup(parts: BrokerParts, request: RemotingCommand): Reply {
  const group = parts.groups.find(requiredText(request.extFields, 'group'));
  if (group === null) {
    throw new Refusal(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, 'No group in this broker');
  }
  return reply(ResponseCode.SUCCESS, { body: stringifyJson(groupConfigJson(group)) });
}

function allGroups(parts: BrokerParts, request: RemotingCommand): Reply {
  const table = parts.groups.table();
  const { stateVersion, counter, timestamp } = table.dataVersion;
  return taggedReply(request, tableTag(parts, stateVersion, counter, timestamp), {
    extFields: { totalGroupNum: parts.groups.size },
    body: () => stringifyJson(groupTableJson(table)),
  });
}

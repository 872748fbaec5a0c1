/** Members of one broker set (Java `GetBrokerMemberGroupResponseBody`). */
import type { BrokerData } from '../../model/broker-identity.ts';
import { asObject, objectMember, parseJson, stringifyJson } from '../fastjson.ts';
import { brokerAddrsJson, readBrokerAddrs } from './broker-data.ts';

export type BrokerMemberGroup = Pick<BrokerData, 'cluster' | 'brokerName' | 'brokerAddrs'>;

export function encodeBrokerMemberGroup(group: BrokerMemberGroup): string {
  const brokerAddrs = brokerAddrsJson(group.brokerAddrs);
  return stringifyJson({
    brokerMemberGroup: { brokerAddrs, brokerName: group.brokerName, cluster: group.cluster },
  });
}

/** Addresses by broker id. */
export function decodeBrokerMemberGroup(bytes: Uint8Array): Map<number, string> {
  const body = asObject(parseJson(bytes), 'broker member group');
  return readBrokerAddrs(objectMember(body, 'brokerMemberGroup') ?? new Map());
}

/** One broker set as JSON (Java `BrokerData`); ids are unquoted unless the style is standard. */
import type { BrokerData } from '../../model/broker-identity.ts';
import {
  booleanMember,
  JsonError,
  type JsonObject,
  type JsonWritable,
  textMapMember,
  textMember,
} from '../fastjson.ts';

export function brokerDataJson(data: BrokerData): JsonWritable {
  return {
    brokerAddrs: brokerAddrsJson(data.brokerAddrs),
    brokerName: data.brokerName,
    cluster: data.cluster,
    enableActingMaster: data.enableActingMaster,
    zoneName: data.zoneName,
  };
}

export function brokerAddrsJson(brokerAddrs: ReadonlyMap<number, string>): JsonWritable {
  return new Map([...brokerAddrs].sort(([left], [right]) => left - right));
}

export function readBrokerData(object: JsonObject): BrokerData {
  return {
    cluster: textMember(object, 'cluster') ?? '',
    brokerName: textMember(object, 'brokerName') ?? '',
    brokerAddrs: readBrokerAddrs(object),
    enableActingMaster: booleanMember(object, 'enableActingMaster') ?? false,
    zoneName: textMember(object, 'zoneName'),
  };
}

/** Member `brokerAddrs`: addresses by id. */
export function readBrokerAddrs(object: JsonObject): Map<number, string> {
  const addresses = new Map<number, string>();
  for (const [id, address] of textMapMember(object, 'brokerAddrs') ?? []) {
    if (!/^\d{1,15}$/.test(id)) {
      throw new JsonError('a broker id is not an integer');
    }
    addresses.set(Number(id), address);
  }
  return addresses;
}

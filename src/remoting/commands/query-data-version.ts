/**
 * 322: is the broker's table, whose version is the body, newer than what the name server has?
 * Answer field `changed`; answer body: the name server's version, when it has one. Counts as a
 * sign of life.
 */
import type { DataVersion } from '../../model/data-version.ts';
import { dataVersionJson, readDataVersion } from '../bodies/data-version.ts';
import { Refusal } from '../errors.ts';
import { asObject, parseJson, stringifyJson } from '../fastjson.ts';
import { requiredText } from '../fields.ts';
import { createRequest, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';
import { ResponseCode } from '../response-code.ts';

export interface QueryDataVersionRequest {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerAddr: string;
  readonly brokerId: number;
  readonly dataVersion: DataVersion;
}

export function queryDataVersionRequest(query: QueryDataVersionRequest): RemotingCommand {
  const { dataVersion, ...extFields } = query;
  return createRequest(RequestCode.QUERY_DATA_VERSION, {
    extFields,
    body: Buffer.from(stringifyJson(dataVersionJson(dataVersion))),
  });
}

export function readQueryDataVersion(
  request: RemotingCommand,
): Omit<QueryDataVersionRequest, 'brokerName' | 'brokerId'> {
  return {
    clusterName: requiredText(request.extFields, 'clusterName'),
    brokerAddr: requiredText(request.extFields, 'brokerAddr'),
    dataVersion: bodyOf(request),
  };
}

function bodyOf(request: RemotingCommand): DataVersion {
  try {
    return readDataVersion(asObject(parseJson(request.body), 'data version'));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Refusal(ResponseCode.SYSTEM_ERROR, `the request is at fault: ${cause}`);
  }
}

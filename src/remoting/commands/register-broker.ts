/**
 * 103: a broker registers its addresses and topics. Body as `bodies/register-broker-body.ts`,
 * compressed when the header says so; `bodyCrc32` covers the body as sent, 0 is not checked.
 * Answer fields `haServerAddr` and `masterAddr` (for slaves); answer body: the order topics as
 * `bodies/kv-table.ts`, when there are any.
 */
import {
  compressRegisterBrokerBody,
  decodeRegisterBrokerBody,
  decodeTopicWrapper,
  decompressRegisterBrokerBody,
  encodeRegisterBrokerBody,
  type RegisterBrokerBody,
} from '../bodies/register-broker-body.ts';
import { crc32 } from '../crc32.ts';
import { Refusal } from '../errors.ts';
import { asObject, parseJson } from '../fastjson.ts';
import { optionalBoolean, optionalInteger, optionalText, requiredText } from '../fields.ts';
import { createRequest, type HeaderEncoding, type RemotingCommand } from '../remoting-command.ts';
import { RequestCode } from '../request-code.ts';
import { ResponseCode } from '../response-code.ts';
import { Version } from '../version.ts';

export interface RegisterBrokerRequest {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerAddr: string;
  readonly brokerId: number;
  readonly haServerAddr: string | null;
  /** Null from brokers that do not know the feature. */
  readonly enableActingMaster: boolean | null;
  /** Silence in ms after which the broker counts as dead; null leaves the 120 s default. */
  readonly heartbeatTimeoutMillis: number | null;
  readonly zoneName: string | null;
  /**
   * Whether the body names only the topics that changed. RocketMQ has no field for it: to its name
   * servers every registration is the whole one, which matters only to their
   * `deleteTopicWithBrokerRegistration`.
   */
  readonly isPart: boolean;
  readonly body: RegisterBrokerBody;
}

const ZONE_NAME = '__ZONE_NAME';
const IS_PART = 'isPart';

export function registerBrokerRequest(
  register: RegisterBrokerRequest,
  options: { compressed?: boolean; encoding?: HeaderEncoding } = {},
): RemotingCommand {
  const { body, zoneName, isPart, ...fields } = register;
  const compressed = options.compressed ?? false;
  const bytes = compressed ? compressRegisterBrokerBody(body) : encodeRegisterBrokerBody(body);
  const extFields = {
    ...fields,
    compressed,
    bodyCrc32: crc32(bytes),
    [ZONE_NAME]: zoneName,
    [IS_PART]: isPart ? true : null,
  };
  return createRequest(RequestCode.REGISTER_BROKER, {
    extFields,
    body: bytes,
    encoding: options.encoding,
  });
}

export function readRegisterBroker(request: RemotingCommand): RegisterBrokerRequest {
  const fields = request.extFields;
  checkBody(request);
  return {
    clusterName: requiredText(fields, 'clusterName'),
    brokerName: requiredText(fields, 'brokerName'),
    brokerAddr: requiredText(fields, 'brokerAddr'),
    brokerId: brokerIdOf(request),
    haServerAddr: optionalText(fields, 'haServerAddr'),
    enableActingMaster: optionalBoolean(fields, 'enableActingMaster'),
    heartbeatTimeoutMillis: optionalInteger(fields, 'heartbeatTimeoutMillis'),
    zoneName: optionalText(fields, ZONE_NAME),
    isPart: optionalBoolean(fields, IS_PART) ?? false,
    body: bodyOf(request),
  };
}

function brokerIdOf(request: RemotingCommand): number {
  const id = optionalInteger(request.extFields, 'brokerId');
  if (id === null || id < 0) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, 'the request is at fault: brokerId is below 0');
  }
  return id;
}

function checkBody(request: RemotingCommand): void {
  const expected = optionalInteger(request.extFields, 'bodyCrc32') ?? 0;
  if (expected !== 0 && expected !== crc32(request.body)) {
    throw new Refusal(ResponseCode.SYSTEM_ERROR, 'crc32 not match');
  }
}

/** Anything the decoders throw is the sender's fault: they read nothing but the body. */
function bodyOf(request: RemotingCommand): RegisterBrokerBody {
  try {
    if (request.body.length === 0) {
      return decodeTopicWrapper(new Map());
    }
    if (request.version < Version.V3_0_11) {
      return decodeTopicWrapper(asObject(parseJson(request.body), 'topic table'));
    }
    return optionalBoolean(request.extFields, 'compressed') === true
      ? decompressRegisterBrokerBody(request.body, request.version)
      : decodeRegisterBrokerBody(request.body);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Refusal(ResponseCode.SYSTEM_ERROR, `the request is at fault: ${cause}`);
  }
}

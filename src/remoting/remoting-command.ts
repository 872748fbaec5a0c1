/**
 * One frame of RocketMQ's remoting protocol as a value (Java `RemotingCommand`): what every
 * process of the system says to every other one.
 *
 * Invariants: `opaque` is chosen by the requester and echoed by the answer; an answer leaves in
 * the header encoding in which its request came, so that no client meets an encoding it did not
 * use; a oneway request is never answered, not even with an error. `extFields` is a Map, so that
 * no field name from outside can reach an object's prototype.
 */
import type { Language } from './language.ts';
import { CURRENT_VERSION } from './version.ts';

export type HeaderEncoding = 'JSON' | 'ROCKETMQ';

export type ExtFields = ReadonlyMap<string, string>;

/** Values a writer may give; `null` and `undefined` fields are left out. */
export type ExtValues = Readonly<
  Record<string, string | number | bigint | boolean | null | undefined>
>;

export interface RemotingCommand {
  readonly code: number;
  readonly language: Language;
  /** Ordinal of the sender's version, see `version.ts`. */
  readonly version: number;
  readonly opaque: number;
  /** Bit 0 response, bit 1 oneway. */
  readonly flag: number;
  readonly remark: string | null;
  readonly extFields: ExtFields;
  readonly body: Uint8Array;
  readonly encoding: HeaderEncoding;
}

export const FLAG_RESPONSE = 1;
export const FLAG_ONEWAY = 2;

const NO_BODY: Uint8Array = new Uint8Array(0);
const NO_FIELDS: ExtFields = new Map();
const OUR_LANGUAGE: Language = 'JAVA';

let lastOpaque = 0;

/** Ids of requests of this process; wraps within 31 bits so that it never turns negative. */
export function nextOpaque(): number {
  lastOpaque = (lastOpaque + 1) & 0x7fffffff;
  return lastOpaque;
}

export function isResponse(command: RemotingCommand): boolean {
  return (command.flag & FLAG_RESPONSE) !== 0;
}

export function isOneway(command: RemotingCommand): boolean {
  return (command.flag & FLAG_ONEWAY) !== 0;
}

export interface RequestParts {
  extFields?: ExtValues | ExtFields | undefined;
  body?: Uint8Array | undefined;
  encoding?: HeaderEncoding | undefined;
  oneway?: boolean | undefined;
}

/** A request of ours with a fresh opaque. */
export function createRequest(code: number, parts: RequestParts = {}): RemotingCommand {
  return {
    code,
    language: OUR_LANGUAGE,
    version: CURRENT_VERSION,
    opaque: nextOpaque(),
    flag: parts.oneway === true ? FLAG_ONEWAY : 0,
    remark: null,
    extFields: toFields(parts.extFields),
    body: parts.body ?? NO_BODY,
    encoding: parts.encoding ?? 'JSON',
  };
}

/** What a handler answers; `createResponse` makes it a command. */
export interface Reply {
  readonly code: number;
  readonly remark: string | null;
  readonly extFields: ExtFields;
  readonly body: Uint8Array;
}

export interface ReplyParts {
  remark?: string | null | undefined;
  extFields?: ExtValues | ExtFields | undefined;
  body?: Uint8Array | string | undefined;
}

export function reply(code: number, parts: ReplyParts = {}): Reply {
  const body = parts.body;
  return {
    code,
    remark: parts.remark ?? null,
    extFields: toFields(parts.extFields),
    body: typeof body === 'string' ? Buffer.from(body) : (body ?? NO_BODY),
  };
}

export function createResponse(request: RemotingCommand, answer: Reply): RemotingCommand {
  return {
    code: answer.code,
    language: OUR_LANGUAGE,
    version: CURRENT_VERSION,
    opaque: request.opaque,
    flag: FLAG_RESPONSE,
    remark: answer.remark,
    extFields: answer.extFields,
    body: answer.body,
    encoding: request.encoding,
  };
}

/** Text form of header fields: numbers decimal, booleans `true`/`false`, absent ones left out. */
export function toFields(values: ExtValues | ExtFields | undefined): ExtFields {
  if (values === undefined) {
    return NO_FIELDS;
  }
  if (values instanceof Map) {
    return values;
  }
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(values as ExtValues)) {
    if (value !== null && value !== undefined) {
      fields.set(name, String(value));
    }
  }
  return fields;
}

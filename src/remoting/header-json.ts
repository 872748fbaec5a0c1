/**
 * The JSON header: one object with code, language, version, opaque, flag and, when present,
 * remark and extFields (Java `RemotingSerializable` over fastjson). Written with sorted keys, as
 * Java writes it; read in any order, unknown keys ignored, field values of any scalar type
 * taken as text.
 */
import { FrameError } from './errors.ts';
import { asFastjson } from './fastjson-writer.ts';
import { languageNamed } from './language.ts';
import type { RemotingCommand } from './remoting-command.ts';

export type HeaderFields = Omit<RemotingCommand, 'body' | 'encoding'>;

export function encodeJsonHeader(command: RemotingCommand): Buffer {
  const fields: Record<string, unknown> = { code: command.code };
  if (command.extFields.size > 0) {
    fields['extFields'] = fieldsObject(command);
  }
  fields['flag'] = command.flag;
  fields['language'] = command.language;
  fields['opaque'] = command.opaque;
  if (command.remark !== null) {
    fields['remark'] = command.remark;
  }
  fields['serializeTypeCurrentRPC'] = 'JSON';
  fields['version'] = command.version;
  return Buffer.from(asFastjson(JSON.stringify(fields)));
}

export function decodeJsonHeader(bytes: Buffer): HeaderFields {
  const header = parseObject(bytes);
  return {
    code: int32(header, 'code'),
    language: languageNamed(header['language']),
    version: int32(header, 'version'),
    opaque: int32(header, 'opaque'),
    flag: int32(header, 'flag'),
    remark: remarkOf(header['remark']),
    extFields: extFieldsOf(header['extFields']),
  };
}

function fieldsObject(command: RemotingCommand): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of command.extFields) {
    fields[name] = value;
  }
  return fields;
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new FrameError('header is not JSON', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new FrameError('header is not a JSON object');
  }
  return parsed as Record<string, unknown>;
}

/** An absent number reads as 0, as a Java field would. */
function int32(header: Record<string, unknown>, name: string): number {
  const value = header[name] ?? 0;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || (number | 0) !== number) {
    throw new FrameError(`header field ${name} is not a 32-bit integer`);
  }
  return number;
}

function remarkOf(value: unknown): string | null {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value !== 'string') {
    throw new FrameError('header field remark is not text');
  }
  return value;
}

function extFieldsOf(value: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (value === undefined || value === null) {
    return fields;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new FrameError('header field extFields is not an object');
  }
  for (const [name, field] of Object.entries(value)) {
    if (field === null) {
      continue;
    }
    if (typeof field === 'object') {
      throw new FrameError('a value of extFields is neither text, number nor boolean');
    }
    fields.set(name, String(field));
  }
  return fields;
}

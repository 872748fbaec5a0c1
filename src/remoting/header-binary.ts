/**
 * The ROCKETMQ header (Java `RocketMQSerializable`), big-endian:
 * code i16, language u8, version i16, opaque i32, flag i32, remark (i32 length, UTF-8),
 * extFields (i32 length in bytes; repeated: i16 key length, key, i32 value length, value).
 *
 * A text of length 0 reads as absent. Codes above 32,767 arrive wrapped: 200,050 comes as 3,442;
 * the eight that RocketMQ uses are mapped back in requests, so that both encodings give the same
 * number. Refuses any length that points past the bytes it has.
 */
import { FrameError } from './errors.ts';
import type { HeaderFields } from './header-json.ts';
import { languageOf, languageOrdinal } from './language.ts';
import { FLAG_RESPONSE, type RemotingCommand } from './remoting-command.ts';

const FIXED_BYTES = 21;
const LANGUAGE_AT = 2;
const VERSION_AT = 3;
const OPAQUE_AT = 5;
const FLAG_AT = 9;
const REMARK_AT = 13;
const KEY_BYTES_MAX = 0x7fff;

/** 200,050-200,056 and 200,151 as they look after losing their upper 16 bits. */
const WRAP = 0x30000;
const WRAPPED_CODES: ReadonlySet<number> = new Set([
  3442, 3443, 3444, 3445, 3446, 3447, 3448, 3543,
]);

export function encodeBinaryHeader(command: RemotingCommand): Buffer {
  const remark = Buffer.from(command.remark ?? '');
  const ext = encodeExtFields(command);
  const header = Buffer.alloc(FIXED_BYTES + remark.length + ext.length);
  header.writeUInt16BE(command.code & 0xffff, 0);
  header.writeUInt8(languageOrdinal(command.language), LANGUAGE_AT);
  header.writeUInt16BE(command.version & 0xffff, VERSION_AT);
  header.writeInt32BE(command.opaque, OPAQUE_AT);
  header.writeInt32BE(command.flag, FLAG_AT);
  let at = header.writeInt32BE(remark.length, REMARK_AT);
  at += remark.copy(header, at);
  at = header.writeInt32BE(ext.length, at);
  ext.copy(header, at);
  return header;
}

export function decodeBinaryHeader(bytes: Buffer): HeaderFields {
  if (bytes.length < FIXED_BYTES) {
    throw new FrameError(`binary header of ${bytes.length} bytes is below ${FIXED_BYTES}`);
  }
  const flag = bytes.readInt32BE(FLAG_AT);
  const remark = textAt(bytes, REMARK_AT + 4, bytes.readInt32BE(REMARK_AT), 'remark');
  const extAt = REMARK_AT + 4 + remark.bytes;
  if (extAt + 4 > bytes.length) {
    throw new FrameError('binary header ends before the length of extFields');
  }
  const extBytes = bytes.readInt32BE(extAt);
  const extEnd = extAt + 4 + extBytes;
  if (extBytes < 0 || extEnd > bytes.length) {
    throw new FrameError(`extFields of ${extBytes} bytes do not fit the header`);
  }
  return {
    code: unwrapCode(bytes.readInt16BE(0), flag),
    language: languageOf(bytes.readUInt8(LANGUAGE_AT)),
    version: bytes.readInt16BE(VERSION_AT),
    opaque: bytes.readInt32BE(OPAQUE_AT),
    flag,
    remark: remark.text === '' ? null : remark.text,
    extFields: decodeExtFields(bytes.subarray(extAt + 4, extEnd)),
  };
}

function unwrapCode(code: number, flag: number): number {
  const isRequest = (flag & FLAG_RESPONSE) === 0;
  return isRequest && WRAPPED_CODES.has(code) ? code + WRAP : code;
}

function encodeExtFields(command: RemotingCommand): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of command.extFields) {
    const key = Buffer.from(name);
    const text = Buffer.from(value);
    if (key.length > KEY_BYTES_MAX) {
      throw new FrameError(`field name of ${key.length} bytes is over ${KEY_BYTES_MAX}`);
    }
    const lengths = Buffer.alloc(6);
    lengths.writeInt16BE(key.length, 0);
    lengths.writeInt32BE(text.length, 2);
    parts.push(lengths.subarray(0, 2), key, lengths.subarray(2), text);
  }
  return Buffer.concat(parts);
}

function decodeExtFields(bytes: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) {
      throw new FrameError('extFields end inside the length of a name');
    }
    const name = textAt(bytes, at + 2, bytes.readInt16BE(at), 'field name');
    at += 2 + name.bytes;
    if (at + 4 > bytes.length) {
      throw new FrameError('extFields end inside the length of a value');
    }
    const value = textAt(bytes, at + 4, bytes.readInt32BE(at), 'field value');
    at += 4 + value.bytes;
    if (name.bytes > 0 && value.bytes > 0) {
      fields.set(name.text, value.text);
    }
  }
  return fields;
}

function textAt(
  bytes: Buffer,
  at: number,
  length: number,
  what: string,
): { text: string; bytes: number } {
  if (length < 0 || at + length > bytes.length) {
    throw new FrameError(`${what} of ${length} bytes does not fit the header`);
  }
  return { text: bytes.toString('utf8', at, at + length), bytes: length };
}

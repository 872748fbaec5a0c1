/**
 * Stored records as tools read them from a pull, a view or a query (store-format "Commit log
 * message record"): version 1 and 2, IPv4 and IPv6 hosts, zlib bodies inflated.
 *
 * Only tools decode messages in JavaScript; a broker never does.
 */
import { inflateSync } from 'node:zlib';
import { addressText, messageIdOf } from '../model/message-id.ts';
import { propertiesOf } from './properties.ts';

const magicV1 = 0xdaa320a7;
const magicV2 = 0xdaa320ab;
const compressed = 0x1;
const bornHostV6 = 0x10;
const storeHostV6 = 0x20;
const compressionMask = 0x700;
const zlibTypes = [0x000, 0x300];

export interface StoredMessage {
  topic: string;
  queueId: number;
  queueOffset: number;
  physicalOffset: number;
  storeSize: number;
  flag: number;
  sysFlag: number;
  bodyCrc: number;
  bornTimestamp: number;
  bornHost: string;
  storeTimestamp: number;
  storeHost: string;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
  properties: Map<string, string>;
  body: Buffer;
  /** Host, port and physical offset as hex: where the record lies. */
  offsetMessageId: string;
  /** The client's unique id, or the offset id when the message has none. */
  messageId: string;
}

/** Bytes that are not a record; the peer that sent them is at fault. */
export class RecordError extends Error {}

/** Every record of a body that holds records back to back. */
export function decodeRecords(bytes: Uint8Array): StoredMessage[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: StoredMessage[] = [];
  for (let at = 0; at < buffer.length; ) {
    if (buffer.length - at < 4) throw new RecordError(`${buffer.length - at} bytes left over`);
    const size = buffer.readInt32BE(at);
    if (size < 91 || size > buffer.length - at) {
      throw new RecordError(`record of ${size} bytes in ${buffer.length - at}`);
    }
    messages.push(decodeRecord(buffer.subarray(at, at + size)));
    at += size;
  }
  return messages;
}

function decodeRecord(record: Buffer): StoredMessage {
  const magic = record.readUInt32BE(4);
  if (magic !== magicV1 && magic !== magicV2) throw new RecordError(`unknown magic ${magic}`);
  try {
    return decodeFields(record, magic === magicV2);
  } catch (error) {
    // Buffer's range errors mean that a length inside the record is wrong.
    if (error instanceof RangeError) throw new RecordError(`broken record: ${error.message}`);
    throw error;
  }
}

function decodeFields(record: Buffer, wideTopic: boolean): StoredMessage {
  const reader = new RecordReader(record);
  reader.skip(8);
  const bodyCrc = reader.int32();
  const queueId = reader.int32();
  const flag = reader.int32();
  const queueOffset = reader.int64();
  const physicalOffset = reader.int64();
  const sysFlag = reader.int32();
  const bornTimestamp = reader.int64();
  const bornHost = reader.host((sysFlag & bornHostV6) !== 0);
  const storeTimestamp = reader.int64();
  const storeHost = reader.host((sysFlag & storeHostV6) !== 0);
  const reconsumeTimes = reader.int32();
  const preparedTransactionOffset = reader.int64();
  const stored = reader.bytes(reader.int32());
  const topic = reader.bytes(wideTopic ? reader.int16() : reader.int8()).toString('utf8');
  const properties = propertiesOf(reader.bytes(reader.int16()).toString('utf8'));
  const offsetMessageId = messageIdOf(storeHost.bytes, physicalOffset);
  return {
    topic,
    queueId,
    queueOffset,
    physicalOffset,
    storeSize: record.length,
    flag,
    sysFlag,
    bodyCrc,
    bornTimestamp,
    bornHost: storeText(bornHost),
    storeTimestamp,
    storeHost: storeText(storeHost),
    reconsumeTimes,
    preparedTransactionOffset,
    properties,
    body: inflate(stored, sysFlag),
    offsetMessageId,
    messageId: properties.get('UNIQ_KEY') ?? offsetMessageId,
  };
}

interface Host {
  address: string;
  port: number;
  bytes: Buffer;
}

function storeText({ address, port }: Host): string {
  return `${address}:${port}`;
}

function inflate(body: Buffer, sysFlag: number): Buffer {
  if ((sysFlag & compressed) === 0) return body;
  // LZ4 and ZSTD bodies stay as stored: Node 20 has no decoder for them.
  return zlibTypes.includes(sysFlag & compressionMask) ? inflateSync(body) : body;
}

class RecordReader {
  readonly #record: Buffer;
  #at = 0;

  constructor(record: Buffer) {
    this.#record = record;
  }

  skip(count: number): void {
    this.#at += count;
  }

  int8(): number {
    return this.#record.readUInt8(this.#take(1));
  }

  int16(): number {
    return this.#record.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#record.readInt32BE(this.#take(4));
  }

  int64(): number {
    return Number(this.#record.readBigInt64BE(this.#take(8)));
  }

  bytes(length: number): Buffer {
    if (length < 0 || length > this.#record.length - this.#at) {
      throw new RangeError(`length ${length} at ${this.#at}`);
    }
    const at = this.#take(length);
    return this.#record.subarray(at, at + length);
  }

  host(isV6: boolean): Host {
    const bytes = this.bytes(isV6 ? 20 : 8);
    const split = bytes.length - 4;
    return {
      address: addressText(bytes.subarray(0, split)),
      port: bytes.readInt32BE(split),
      bytes,
    };
  }

  #take(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

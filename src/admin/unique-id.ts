/**
 * Unique ids of messages sent by tools, in the layout of Java's MessageClientIDSetter: address,
 * process id, a hash that stands for the sender, milliseconds since the month began, a counter.
 */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { addressText } from '../model/message-id.ts';

const sender = randomBytes(4);
let counter = 0;

/** 32 upper-case hex digits. */
export function createUniqueId(now: Date = new Date()): string {
  const id = Buffer.alloc(16);
  localAddress().copy(id, 0);
  id.writeUInt16BE(process.pid & 0xffff, 4);
  sender.copy(id, 6);
  const monthStart = new Date(now.getFullYear(), now.getMonth(), 1).getTime();
  id.writeUInt32BE((now.getTime() - monthStart) >>> 0, 10);
  id.writeUInt16BE(counter, 14);
  counter = (counter + 1) & 0xffff;
  return id.toString('hex').toUpperCase();
}

/** Who made a unique id, and when. */
export interface UniqueIdOrigin {
  /** Address of the client. */
  address: string;
  /** Process id of the client, its lower 16 bits. */
  pid: number;
  /** Milliseconds since 1970. The id only says when in a month: the last such moment is taken. */
  madeAt: number;
}

/** Reads a unique id back (Java getIPFromID, getNearlyTimeFromID); null for what is none. */
export function originOf(uniqueId: string, now: Date = new Date()): UniqueIdOrigin | null {
  if (!/^([0-9a-f]{32}|[0-9a-f]{56})$/i.test(uniqueId)) return null;
  const bytes = Buffer.from(uniqueId, 'hex');
  const behindAddress = bytes.length - 12;
  const sinceMonth = bytes.readUInt32BE(behindAddress + 6);
  const month = (back: number): number =>
    new Date(now.getFullYear(), now.getMonth() - back, 1).getTime() + sinceMonth;
  return {
    address: addressText(bytes.subarray(0, behindAddress)),
    pid: bytes.readUInt16BE(behindAddress),
    madeAt: month(0) <= now.getTime() ? month(0) : month(1),
  };
}

function localAddress(): Buffer {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) {
      if (family === 'IPv4' && !internal) return Buffer.from(address.split('.').map(Number));
    }
  }
  return Buffer.from([127, 0, 0, 1]);
}

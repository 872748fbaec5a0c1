/**
 * Unique ids of messages sent by tools, in the layout of Java's MessageClientIDSetter: address,
 * process id, a hash that stands for the sender, milliseconds since the month began, a counter.
 */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';

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

function localAddress(): Buffer {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) {
      if (family === 'IPv4' && !internal) return Buffer.from(address.split('.').map(Number));
    }
  }
  return Buffer.from([127, 0, 0, 1]);
}

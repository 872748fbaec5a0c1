/**
 * Offset message ids, which name where a message lies: address and port of the broker that stored
 * it and the position in its log (Java MessageDecoder, MessageId).
 */

/** Upper-case hex of address, 4-byte port, 8-byte offset: MessageDecoder.createMessageId. */
export function messageIdOf(host: Buffer, physicalOffset: number): string {
  const offset = Buffer.alloc(8);
  offset.writeBigInt64BE(BigInt(physicalOffset));
  return Buffer.concat([host, offset]).toString('hex').toUpperCase();
}

/** The place an offset message id names, or null for any other text (a unique id, say). */
export function placeOf(messageId: string): { address: string; physicalOffset: number } | null {
  if (!/^([0-9a-f]{32}|[0-9a-f]{56})$/i.test(messageId)) return null;
  const bytes = Buffer.from(messageId, 'hex');
  const hostBytes = bytes.length - 12;
  const port = bytes.readInt32BE(hostBytes);
  const offset = bytes.readBigInt64BE(hostBytes + 4);
  if (port < 1 || port > 65_535 || offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) {
    return null;
  }
  const address = addressText(bytes.subarray(0, hostBytes));
  return { address: `${address}:${port}`, physicalOffset: Number(offset) };
}

/** An IPv6 address is put in brackets, so that a port can follow. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  return `[${groups.map((group) => group.toString(16)).join(':')}]`;
}

/**
 * Frames: int32 length of all that follows, int32 of encoding (top byte) and header length,
 * header, body; big-endian (Java `NettyDecoder`, `RemotingCommand.decode`).
 *
 * Refuses with {@link FrameError}: frames over the limit, lengths that do not fit each other,
 * encodings other than JSON (0) and ROCKETMQ (1), headers that do not parse. A reader that threw
 * has lost its place in the stream; its connection can only be closed.
 */
import { FrameError } from './errors.ts';
import { decodeBinaryHeader, encodeBinaryHeader } from './header-binary.ts';
import { decodeJsonHeader, encodeJsonHeader } from './header-json.ts';
import type { HeaderEncoding, RemotingCommand } from './remoting-command.ts';

/** Length field and all it counts; the default of `com.rocketmq.remoting.frameMaxLength`. */
export const FRAME_BYTES_MAX = 16_777_216;
const LENGTH_BYTES = 4;
const HEADER_MARK_BYTES = 4;
const HEADER_LENGTH_MASK = 0xffffff;
const LOOSE_CHUNKS_MAX = 1024;

/** Bytes to send: the whole frame, its length included. */
export function encodeFrame(command: RemotingCommand): Buffer {
  const binary = command.encoding === 'ROCKETMQ';
  const header = binary ? encodeBinaryHeader(command) : encodeJsonHeader(command);
  if (header.length > HEADER_LENGTH_MASK) {
    throw new FrameError(`header of ${header.length} bytes is over ${HEADER_LENGTH_MASK}`);
  }
  const prefixBytes = LENGTH_BYTES + HEADER_MARK_BYTES;
  const frameBytes = prefixBytes + header.length + command.body.length;
  const frame = Buffer.allocUnsafe(frameBytes);
  frame.writeInt32BE(frameBytes - LENGTH_BYTES, 0);
  frame.writeInt32BE((binary ? 1 << 24 : 0) | header.length, LENGTH_BYTES);
  frame.set(header, prefixBytes);
  frame.set(command.body, prefixBytes + header.length);
  return frame;
}

/**
 * Decodes a frame without its length field, as `FrameReader` and the data plane deliver it.
 * The body is a view of `payload`, not a copy.
 */
export function decodeFrame(payload: Uint8Array): RemotingCommand {
  if (payload.length < HEADER_MARK_BYTES) {
    throw new FrameError(`frame of ${payload.length} bytes has no room for its header length`);
  }
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const encoding = encodingOf(bytes.readUInt8(0));
  const headerBytes = bytes.readInt32BE(0) & HEADER_LENGTH_MASK;
  const bodyAt = HEADER_MARK_BYTES + headerBytes;
  if (bodyAt > bytes.length) {
    throw new FrameError(`header of ${headerBytes} bytes does not fit a frame of ${bytes.length}`);
  }
  const header = bytes.subarray(HEADER_MARK_BYTES, bodyAt);
  const fields = encoding === 'JSON' ? decodeJsonHeader(header) : decodeBinaryHeader(header);
  return { ...fields, body: bytes.subarray(bodyAt), encoding };
}

function encodingOf(mark: number): HeaderEncoding {
  switch (mark) {
    case 0:
      return 'JSON';
    case 1:
      return 'ROCKETMQ';
    default:
      throw new FrameError(`unknown header encoding ${mark}`);
  }
}

/**
 * Cuts a byte stream into frames. Holds only bytes that arrived: a peer that announces 16 MiB
 * and sends ten bytes costs ten bytes.
 */
export class FrameReader {
  readonly #frameBytesMax: number;
  #chunks: Buffer[] = [];
  #looseChunks = 0;
  #heldBytes = 0;

  constructor(frameBytesMax = FRAME_BYTES_MAX) {
    this.#frameBytesMax = frameBytesMax;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Adds what a socket delivered and yields the frames that are complete, lengths stripped. */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    this.#hold(chunk);
    for (let frame = this.#cut(); frame !== null; frame = this.#cut()) {
      yield frame;
    }
  }

  /** A frame that drips in byte by byte would cost an object per byte: runs are joined. */
  #hold(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    this.#looseChunks++;
    if (this.#looseChunks >= LOOSE_CHUNKS_MAX) {
      this.#chunks.push(Buffer.concat(this.#chunks.splice(-this.#looseChunks)));
      this.#looseChunks = 0;
    }
  }

  #cut(): Buffer | null {
    if (this.#heldBytes < LENGTH_BYTES) {
      return null;
    }
    const payloadBytes = this.#peekLength();
    if (payloadBytes < HEADER_MARK_BYTES) {
      throw new FrameError(`frame length ${payloadBytes} is below ${HEADER_MARK_BYTES}`);
    }
    if (payloadBytes + LENGTH_BYTES > this.#frameBytesMax) {
      throw new FrameError(`frame length ${payloadBytes} is over ${this.#frameBytesMax}`);
    }
    if (this.#heldBytes < LENGTH_BYTES + payloadBytes) {
      return null;
    }
    const held = this.#joined();
    const end = LENGTH_BYTES + payloadBytes;
    this.#chunks = end === held.length ? [] : [held.subarray(end)];
    this.#looseChunks = 0;
    this.#heldBytes = held.length - end;
    return held.subarray(LENGTH_BYTES, end);
  }

  #peekLength(): number {
    const first = this.#chunks[0];
    return (
      first !== undefined && first.length >= LENGTH_BYTES ? first : this.#joined()
    ).readInt32BE(0);
  }

  /** Joins at most once per frame, so that a frame in many pieces is not copied per piece. */
  #joined(): Buffer {
    const only = this.#chunks[0];
    if (this.#chunks.length === 1 && only !== undefined) {
      return only;
    }
    const joined = Buffer.concat(this.#chunks, this.#heldBytes);
    this.#chunks = [joined];
    this.#looseChunks = 0;
    return joined;
  }
}

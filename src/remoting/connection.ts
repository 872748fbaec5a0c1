/**
 * One accepted connection: frames in, answers out, within limits (used by `server.ts`).
 *
 * Invariants: bytes that are not frames close this connection and nothing else; requests are
 * not read while the peer leaves more than `outBytesMax` unread or has `inFlightMax` requests
 * unanswered; a connection on which nothing moves for `idleMs` is closed.
 */
import type { Socket } from 'node:net';
import { dispatch, type FaultListener, type Handlers } from './dispatch.ts';
import { decodeFrame, encodeFrame, FrameReader } from './frame.ts';
import type { RemotingCommand } from './remoting-command.ts';

export interface ConnectionLimits {
  frameBytesMax: number;
  /** Bytes waiting in our socket above which no further request is read. */
  outBytesMax: number;
  inFlightMax: number;
  idleMs: number;
}

/** What handlers know of the peer. */
export interface Connection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly isOpen: boolean;
  /** Sends a request of ours, or an answer that was held back; false when it is too late. */
  send(command: RemotingCommand): boolean;
  close(reason: string): void;
}

export interface ConnectionEvents {
  onClose(connection: Connection, reason: string): void;
  onFault: FaultListener;
}

export class ServerConnection implements Connection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly whenClosed: Promise<void>;
  readonly #socket: Socket;
  readonly #handlers: Handlers<Connection>;
  readonly #limits: ConnectionLimits;
  readonly #events: ConnectionEvents;
  readonly #reader: FrameReader;
  #inFlight = 0;
  #waiting: Buffer[] = [];
  #closing = false;
  #reason: string | null = null;

  constructor(
    id: number,
    socket: Socket,
    handlers: Handlers<Connection>,
    limits: ConnectionLimits,
    events: ConnectionEvents,
  ) {
    this.id = id;
    this.remoteAddress = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#limits = limits;
    this.#events = events;
    this.#reader = new FrameReader(limits.frameBytesMax);
    this.whenClosed = new Promise((resolve) => {
      socket.on('close', () => {
        events.onClose(this, this.#reason ?? 'peer closed');
        resolve();
      });
    });
    this.#listen();
  }

  get isOpen(): boolean {
    return !this.#closing && this.#socket.writable;
  }

  send(command: RemotingCommand): boolean {
    return this.#write(encodeFrame(command));
  }

  close(reason: string): void {
    if (!this.#socket.destroyed) {
      this.#reason ??= reason;
      this.#socket.destroy();
    }
  }

  /** Takes no further request, answers those it has, then ends the stream. */
  drain(): void {
    this.#closing = true;
    this.#waiting = [];
    this.#reason ??= 'server stopped';
    this.#socket.pause();
    this.#endWhenDone();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setTimeout(this.#limits.idleMs);
    socket.on('timeout', () => this.close(`idle for ${this.#limits.idleMs} ms`));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#resume());
    socket.on('error', (error) => {
      this.#reason ??= error.message;
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#closing) {
      return;
    }
    try {
      for (const frame of this.#reader.push(chunk)) {
        this.#waiting.push(frame);
      }
      this.#serveWaiting();
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  /** Frames of one chunk can be more than may be in flight: the rest waits, unread behind it. */
  #serveWaiting(): void {
    while (this.#waiting.length > 0 && !this.#isFull()) {
      const frame = this.#waiting.shift();
      if (frame !== undefined) {
        this.#serve(decodeFrame(frame));
      }
    }
    if (this.#isFull()) {
      this.#socket.pause();
    }
  }

  #isFull(): boolean {
    return (
      this.#inFlight >= this.#limits.inFlightMax ||
      this.#socket.writableLength >= this.#limits.outBytesMax
    );
  }

  #resume(): void {
    if (this.#closing || this.#socket.destroyed) {
      return;
    }
    try {
      this.#serveWaiting();
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
      return;
    }
    if (!this.#isFull()) {
      this.#socket.resume();
    }
  }

  #serve(request: RemotingCommand): void {
    this.#inFlight++;
    dispatch(this.#handlers, request, this as Connection, this.#events.onFault)
      .then((frame) => frame !== null && this.#write(frame))
      .catch((error: unknown) => this.#events.onFault(error, request))
      .finally(() => this.#served());
  }

  #served(): void {
    this.#inFlight--;
    if (this.#closing) {
      this.#endWhenDone();
    } else if (this.#waiting.length > 0 || this.#socket.isPaused()) {
      this.#resume();
    }
  }

  #endWhenDone(): void {
    if (this.#inFlight === 0) {
      this.#socket.end();
    }
  }

  #write(frame: Buffer): boolean {
    if (!this.#socket.writable) {
      return false;
    }
    this.#socket.write(frame);
    return true;
  }
}

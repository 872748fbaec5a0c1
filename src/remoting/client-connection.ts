/**
 * One connection of `client.ts`: dials once, lives until it is lost, never comes back. Requests
 * made while it dials wait in the socket; their timeouts run from the moment of asking.
 */
import { connect, type Socket } from 'node:net';
import { parseAddress } from './address.ts';
import { dispatch, type FaultListener, type Handlers } from './dispatch.ts';
import { ConnectError, ConnectionClosedError, RequestTimeoutError } from './errors.ts';
import { decodeFrame, encodeFrame, FRAME_BYTES_MAX, FrameReader } from './frame.ts';
import { isResponse, type RemotingCommand } from './remoting-command.ts';

export interface ClientConnectionOptions {
  connectTimeoutMs: number;
  frameBytesMax: number | undefined;
  idleMs: number;
}

export interface ClientConnectionEvents {
  handlers: Handlers<string>;
  onFault: FaultListener;
  onConnected: () => void;
  /** Called once: a {@link ConnectError} when it never was connected. */
  onClosed: (error: Error) => void;
}

interface Pending {
  resolve: (answer: RemotingCommand) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export class ClientConnection {
  readonly address: string;
  readonly whenClosed: Promise<void>;
  readonly #options: ClientConnectionOptions;
  readonly #events: ClientConnectionEvents;
  readonly #pending = new Map<number, Pending>();
  readonly #reader: FrameReader;
  #socket: Socket | null = null;
  #connected = false;
  #failure: string | null = null;
  #connectTimer: NodeJS.Timeout | null = null;
  #settleClosed: () => void = () => undefined;

  constructor(address: string, options: ClientConnectionOptions, events: ClientConnectionEvents) {
    this.address = address;
    this.#options = options;
    this.#events = events;
    this.#reader = new FrameReader(options.frameBytesMax ?? FRAME_BYTES_MAX);
    this.whenClosed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  open(): void {
    const target = parseAddress(this.address);
    if (target === null) {
      this.#failure = 'not an address of the form host:port';
      queueMicrotask(() => this.#onClose());
      return;
    }
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.#socket = socket;
    const timeoutMs = this.#options.connectTimeoutMs;
    this.#connectTimer = setTimeout(() => {
      this.close(`no connection within ${timeoutMs} ms`);
    }, timeoutMs);
    socket.on('connect', () => this.#onConnect(socket));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('timeout', () => this.close(`idle for ${this.#options.idleMs} ms`));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
    });
    socket.on('close', () => this.#onClose());
  }

  request(command: RemotingCommand, timeoutMs: number): Promise<RemotingCommand> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(command.opaque);
        reject(new RequestTimeoutError(this.address, timeoutMs));
      }, timeoutMs);
      this.#pending.set(command.opaque, { resolve, reject, timer });
      this.#socket?.write(encodeFrame(command));
    });
  }

  oneway(command: RemotingCommand): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (socket === null) {
        reject(this.#closedError());
        return;
      }
      socket.write(encodeFrame(command), (error) =>
        error ? reject(this.#closedError()) : resolve(),
      );
    });
  }

  close(reason: string): void {
    this.#failure ??= reason;
    if (this.#socket !== null) {
      this.#socket.destroy();
    }
  }

  #onConnect(socket: Socket): void {
    this.#clearConnectTimer();
    this.#connected = true;
    if (this.#options.idleMs > 0) {
      socket.setTimeout(this.#options.idleMs);
    }
    this.#events.onConnected();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        this.#take(decodeFrame(frame));
      }
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  #take(command: RemotingCommand): void {
    if (!isResponse(command)) {
      this.#serve(command);
      return;
    }
    const pending = this.#pending.get(command.opaque);
    if (pending !== undefined) {
      this.#pending.delete(command.opaque);
      clearTimeout(pending.timer);
      pending.resolve(command);
    }
  }

  #serve(request: RemotingCommand): void {
    dispatch(this.#events.handlers, request, this.address, this.#events.onFault)
      .then((frame) => frame !== null && this.#socket?.write(frame))
      .catch((error: unknown) => this.#events.onFault(error, request));
  }

  #onClose(): void {
    this.#clearConnectTimer();
    const error = this.#closedError();
    this.#connected = false;
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
    this.#pending.clear();
    this.#events.onClosed(error);
    this.#settleClosed();
  }

  #clearConnectTimer(): void {
    if (this.#connectTimer !== null) {
      clearTimeout(this.#connectTimer);
      this.#connectTimer = null;
    }
  }

  #closedError(): Error {
    const reason = this.#failure ?? 'peer closed';
    return this.#connected
      ? new ConnectionClosedError(this.address, reason)
      : new ConnectError(this.address, reason);
  }
}

/**
 * Client side of remoting: one lasting connection per address, shared by all who ask (Java
 * `NettyRemotingClient`).
 *
 * Invariants: every request ends exactly once, by its answer, its timeout or the end of its
 * connection; a frame with the response bit is matched by opaque, any other is a request of the
 * server and goes to `onRequest`; a kept address is redialled for as long as it is kept, after
 * waits that double from 50 ms to 1 s; `close` leaves no socket and no timer.
 */
import { ClientConnection } from './client-connection.ts';
import type { Handlers } from './dispatch.ts';
import { AnswerError, ConnectError, ConnectionClosedError } from './errors.ts';
import type { RemotingCommand } from './remoting-command.ts';
import { ResponseCode } from './response-code.ts';

export interface ClientOptions {
  connectTimeoutMs?: number;
  /** Default of each request. */
  requestTimeoutMs?: number;
  frameBytesMax?: number;
  /** Closes a connection on which nothing moved for so long; 0 never does. */
  idleMs?: number;
}

export interface ClientEvents {
  /** Serves requests that servers initiate (40, 220, 309 …); the connection is its address. */
  handlers?: Handlers<string>;
  onConnected?: (address: string) => void;
  onDisconnected?: (address: string, reason: string) => void;
  onFault?: (error: unknown, request: RemotingCommand) => void;
}

const CONNECT_TIMEOUT_MS = 3000;
const REQUEST_TIMEOUT_MS = 3000;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_LAST_MS = 1000;

interface Kept {
  backoffMs: number;
  timer: NodeJS.Timeout | null;
}

export class RemotingClient {
  readonly #options: ClientOptions;
  readonly #events: ClientEvents;
  readonly #connections = new Map<string, ClientConnection>();
  readonly #kept = new Map<string, Kept>();
  #closed = false;

  constructor(options: ClientOptions = {}, events: ClientEvents = {}) {
    this.#options = options;
    this.#events = events;
  }

  /** Sends and awaits the answer, whatever its code; the timeout covers connecting as well. */
  request(address: string, command: RemotingCommand, timeoutMs?: number): Promise<RemotingCommand> {
    const limitMs = timeoutMs ?? this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    return this.#attempt(address, (connection) => connection.request(command, limitMs));
  }

  /** As `request`, and any code but SUCCESS becomes an {@link AnswerError}. */
  async call(
    address: string,
    command: RemotingCommand,
    timeoutMs?: number,
  ): Promise<RemotingCommand> {
    const answer = await this.request(address, command, timeoutMs);
    if (answer.code !== ResponseCode.SUCCESS) {
      throw new AnswerError(address, answer.code, answer.remark);
    }
    return answer;
  }

  /** Sends without an answer; resolves when the bytes are with the operating system. */
  oneway(address: string, command: RemotingCommand): Promise<void> {
    return this.#attempt(address, (connection) => connection.oneway(command));
  }

  isConnected(address: string): boolean {
    return this.#connections.get(address)?.isConnected ?? false;
  }

  /** Connects now and again whenever the connection is lost, until `drop` or `close`. */
  keep(address: string): void {
    if (this.#closed || this.#kept.has(address)) {
      return;
    }
    this.#kept.set(address, { backoffMs: BACKOFF_FIRST_MS, timer: null });
    this.#connection(address);
  }

  /** Ends the connection and forgets the address. */
  drop(address: string): void {
    const timer = this.#kept.get(address)?.timer;
    if (timer) {
      clearTimeout(timer);
    }
    this.#kept.delete(address);
    this.#connections.get(address)?.close('dropped');
  }

  /** Idempotent; fails what is pending and resolves when every socket is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const kept of this.#kept.values()) {
      if (kept.timer !== null) {
        clearTimeout(kept.timer);
      }
    }
    this.#kept.clear();
    const open = [...this.#connections.values()];
    for (const connection of open) {
      connection.close('client closed');
    }
    await Promise.all(open.map((connection) => connection.whenClosed));
  }

  async #attempt<T>(
    address: string,
    send: (connection: ClientConnection) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) {
      throw new ConnectionClosedError(address, 'client closed');
    }
    return await send(this.#connection(address));
  }

  #connection(address: string): ClientConnection {
    const existing = this.#connections.get(address);
    if (existing !== undefined) {
      return existing;
    }
    const connection = new ClientConnection(
      address,
      {
        connectTimeoutMs: this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        frameBytesMax: this.#options.frameBytesMax,
        idleMs: this.#options.idleMs ?? 0,
      },
      {
        handlers: this.#events.handlers ?? new Map(),
        onFault: this.#events.onFault ?? (() => undefined),
        onConnected: () => this.#onConnected(address),
        onClosed: (error) => this.#onClosed(address, connection, error),
      },
    );
    this.#connections.set(address, connection);
    connection.open();
    return connection;
  }

  #onConnected(address: string): void {
    const kept = this.#kept.get(address);
    if (kept !== undefined) {
      kept.backoffMs = BACKOFF_FIRST_MS;
    }
    this.#events.onConnected?.(address);
  }

  #onClosed(address: string, connection: ClientConnection, error: Error): void {
    if (this.#connections.get(address) === connection) {
      this.#connections.delete(address);
    }
    if (!(error instanceof ConnectError)) {
      this.#events.onDisconnected?.(address, error.message);
    }
    const kept = this.#kept.get(address);
    if (kept === undefined || this.#closed || kept.timer !== null) {
      return;
    }
    kept.timer = setTimeout(() => {
      kept.timer = null;
      this.#connection(address);
    }, kept.backoffMs);
    kept.backoffMs = Math.min(kept.backoffMs * 2, BACKOFF_LAST_MS);
  }
}

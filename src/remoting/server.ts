/**
 * A remoting server on `node:net` for processes without a data plane: the name server today.
 *
 * Invariants: every listener of a connection's end hears it exactly once; `close` stops
 * accepting, lets requests in flight finish within `closeGraceMs`, then destroys what is left,
 * so that no handle outlives it. Refuses connections over `connectionsMax` by closing them.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type Connection, type ConnectionLimits, ServerConnection } from './connection.ts';
import type { FaultListener, Handlers } from './dispatch.ts';
import { FRAME_BYTES_MAX } from './frame.ts';

export type { Connection } from './connection.ts';
export type { Handler, Handlers } from './dispatch.ts';

export interface ServerOptions extends Partial<ConnectionLimits> {
  bindAddress: string;
  /** 0 lets the system choose; `listen` answers the port that it took. */
  port: number;
  backlog?: number;
  connectionsMax?: number;
  closeGraceMs?: number;
}

export interface ServerEvents {
  onFault: FaultListener;
  onOpen?: (connection: Connection) => void;
  onClose?: (connection: Connection, reason: string) => void;
}

const DEFAULT_LIMITS: ConnectionLimits = {
  frameBytesMax: FRAME_BYTES_MAX,
  outBytesMax: 4 * 1024 * 1024,
  inFlightMax: 256,
  idleMs: 120_000,
};
const CONNECTIONS_MAX = 20_000;
const BACKLOG = 1024;
const CLOSE_GRACE_MS = 1000;

export class RemotingServer {
  readonly #options: ServerOptions;
  readonly #limits: ConnectionLimits;
  readonly #handlers: Handlers<Connection>;
  readonly #events: ServerEvents;
  readonly #connections = new Map<number, ServerConnection>();
  #server: Server | null = null;
  #lastId = 0;

  constructor(options: ServerOptions, handlers: Handlers<Connection>, events: ServerEvents) {
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#handlers = handlers;
    this.#events = events;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Binds; answers the port. The error of a port in use is node's, with its `code`. */
  listen(): Promise<number> {
    const server = createServer((socket) => this.#accept(socket));
    const { bindAddress, port, backlog = BACKLOG } = this.#options;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: bindAddress, port, backlog }, () => {
        server.removeListener('error', reject);
        server.on('error', (error) => this.#serverFault(error));
        this.#server = server;
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Idempotent; resolves when the port and every connection are released. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) {
      return;
    }
    this.#server = null;
    const portReleased = new Promise<void>((resolve) => server.close(() => resolve()));
    const open = [...this.#connections.values()];
    for (const connection of open) {
      connection.drain();
    }
    const graceMs = this.#options.closeGraceMs ?? CLOSE_GRACE_MS;
    const impatience = setTimeout(() => this.#destroyAll(), graceMs);
    await Promise.all([portReleased, ...open.map((connection) => connection.whenClosed)]);
    clearTimeout(impatience);
  }

  #accept(socket: Socket): void {
    const max = this.#options.connectionsMax ?? CONNECTIONS_MAX;
    if (this.#connections.size >= max || this.#server === null) {
      socket.destroy();
      return;
    }
    this.#lastId++;
    const connection = new ServerConnection(this.#lastId, socket, this.#handlers, this.#limits, {
      onClose: (closed, reason) => {
        this.#connections.delete(closed.id);
        this.#events.onClose?.(closed, reason);
      },
      onFault: this.#events.onFault,
    });
    this.#connections.set(connection.id, connection);
    this.#events.onOpen?.(connection);
  }

  /** `accept` failed (out of descriptors); the listener itself stays up. */
  #serverFault(error: Error): void {
    for (const connection of this.#connections.values()) {
      if (!connection.isOpen) {
        connection.close(error.message);
      }
    }
  }

  #destroyAll(): void {
    for (const connection of this.#connections.values()) {
      connection.close('server stopped');
    }
  }
}

function limitsOf(options: ServerOptions): ConnectionLimits {
  return {
    frameBytesMax: options.frameBytesMax ?? DEFAULT_LIMITS.frameBytesMax,
    outBytesMax: options.outBytesMax ?? DEFAULT_LIMITS.outBytesMax,
    inFlightMax: options.inFlightMax ?? DEFAULT_LIMITS.inFlightMax,
    idleMs: options.idleMs ?? DEFAULT_LIMITS.idleMs,
  };
}

/** The connections that are open now, with what the data plane said when they opened. */
import type { ConnectionId, UpBatch } from '../../dataplane/data-plane.ts';

export interface Connection {
  readonly id: ConnectionId;
  readonly remoteAddress: string;
  readonly fastPort: boolean;
}

export class Connections {
  readonly #open = new Map<ConnectionId, Connection>();

  opened(openings: UpBatch['opened']): void {
    for (const { connection, remoteAddress, fastPort } of openings) {
      this.#open.set(connection, { id: connection, remoteAddress, fastPort });
    }
  }

  closed(connection: ConnectionId): void {
    this.#open.delete(connection);
  }

  /** The peer's `ip:port`; empty for a connection that is gone. */
  remoteAddress(connection: ConnectionId): string {
    return this.#open.get(connection)?.remoteAddress ?? '';
  }

  isOpen(connection: ConnectionId): boolean {
    return this.#open.has(connection);
  }

  get count(): number {
    return this.#open.size;
  }
}

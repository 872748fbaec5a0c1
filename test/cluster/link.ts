/**
 * A network link between two parties of a test: a proxy that can be cut, in one direction alone
 * or in both, while every connection over it stays open; or that resets all and takes none.
 *
 * Invariants: a party learns of nothing while the direction towards it is cut, not even of the
 * other's end; bytes are kept back or lost with their connection, never dropped from the midst
 * of one, as TCP would have it.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export const cutKinds = ['both ways', 'to the server', 'to the client', 'reset'] as const;
export type CutKind = (typeof cutKinds)[number];

interface Address {
  readonly host: string;
  readonly port: number;
}

/** One connection: the side that dialled, and the one that this link has dialled for it. */
interface Carried {
  readonly client: Socket;
  server: Socket | null;
  /** Who has to be told, once the link heals, that the other has sent its last. */
  readonly endsKeptBack: Socket[];
}

function directions(kind: CutKind | null): { toServer: boolean; toClient: boolean } {
  const both = kind === 'both ways' || kind === 'reset';
  return {
    toServer: !both && kind !== 'to the server',
    toClient: !both && kind !== 'to the client',
  };
}

export class Link {
  readonly name: string;
  readonly #target: Address;
  readonly #listener: Server;
  readonly #carried = new Set<Carried>();
  #cut: CutKind | null = null;

  private constructor(name: string, target: Address, listener: Server) {
    this.name = name;
    this.#target = target;
    this.#listener = listener;
    listener.on('connection', (client) => this.#accept(client));
  }

  static async open(name: string, at: Address, target: Address): Promise<Link> {
    const listener = createServer({ allowHalfOpen: true });
    const link = new Link(name, target, listener);
    listener.listen({ ...at, backlog: 64 });
    await once(listener, 'listening');
    listener.unref();
    return link;
  }

  get isCut(): boolean {
    return this.#cut !== null;
  }

  cut(kind: CutKind): void {
    this.#cut = kind;
    const { toServer, toClient } = directions(kind);
    for (const { client, server } of this.#carried) {
      if (kind === 'reset') {
        client.resetAndDestroy();
        server?.resetAndDestroy();
      }
      if (!toServer) client.pause();
      if (!toClient) server?.pause();
    }
  }

  /** What was kept back arrives now, unless the cut has outlasted the connections. */
  heal(outlasted: boolean): void {
    this.#cut = null;
    for (const carried of this.#carried) {
      const { client, server } = carried;
      if (outlasted || client.destroyed || server?.destroyed === true) {
        client.resetAndDestroy();
        server?.resetAndDestroy();
        this.#carried.delete(carried);
      } else if (server === null) {
        this.#dial(carried);
      } else {
        client.resume();
        server.resume();
        for (const receiver of carried.endsKeptBack.splice(0)) receiver.end();
      }
    }
  }

  async close(): Promise<void> {
    this.#listener.close();
    this.heal(true);
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    // Every end is followed by 'close'; why it ended is its parties' matter.
    client.on('error', () => undefined);
    if (this.#cut === 'reset') {
      client.resetAndDestroy();
      return;
    }
    const carried: Carried = { client, server: null, endsKeptBack: [] };
    this.#carried.add(carried);
    client.pause();
    client.setNoDelay(true);
    client.on('close', () => this.#ended(carried, carried.server, 'toServer'));
    if (directions(this.#cut).toServer) this.#dial(carried);
  }

  #dial(carried: Carried): void {
    const { client } = carried;
    const server = connect({ ...this.#target, allowHalfOpen: true });
    carried.server = server;
    server.on('error', () => undefined);
    server.setNoDelay(true);
    server.pause();
    server.on('close', () => this.#ended(carried, client, 'toClient'));
    this.#carry(carried, [client, server], 'toServer');
    this.#carry(carried, [server, client], 'toClient');
  }

  #carry(carried: Carried, [from, to]: [Socket, Socket], direction: 'toServer' | 'toClient'): void {
    const flow = (): void => {
      if (directions(this.#cut)[direction]) from.resume();
    };
    from.on('data', (bytes: Buffer) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', flow);
    // Node tells of an end that it has read ahead also to one who has paused.
    from.on('end', () => {
      if (directions(this.#cut)[direction]) to.end();
      else carried.endsKeptBack.push(to);
    });
    flow();
  }

  #ended(carried: Carried, other: Socket | null, direction: 'toServer' | 'toClient'): void {
    if (this.#cut !== null && !directions(this.#cut)[direction]) return;
    other?.destroy();
    if (other === null || other.destroyed) this.#carried.delete(carried);
  }
}

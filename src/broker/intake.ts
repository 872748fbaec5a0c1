/**
 * What comes up from the data plane, taken in the order in which it happened: connections that
 * opened, frames, connections that closed, names that are wanted.
 *
 * Invariants: one bad frame closes its connection and nothing else; nothing that a batch holds
 * can make the rest of it go unserved.
 */
import type { ConnectionId, UpBatch, WantedName } from '../dataplane/data-plane.ts';
import type { Logger } from '../logging/logger.ts';
import { dispatch, type Handler } from '../remoting/dispatch.ts';
import { decodeFrame } from '../remoting/frame.ts';
import { isResponse, type RemotingCommand } from '../remoting/remoting-command.ts';
import type { Outbox } from './outbox.ts';
import type { BrokerParts, Peer } from './processors/parts.ts';
import { resolveWanted } from './wanted.ts';

export class Intake {
  readonly #parts: BrokerParts;
  readonly #handlers: ReadonlyMap<number, Handler<Peer>>;
  readonly #outbox: Outbox;
  readonly #log: Logger;
  readonly #underWay = new Set<Promise<void>>();
  #stopped = false;

  constructor(parts: BrokerParts, handlers: ReadonlyMap<number, Handler<Peer>>, outbox: Outbox) {
    this.#parts = parts;
    this.#handlers = handlers;
    this.#outbox = outbox;
    this.#log = parts.log;
  }

  take(batch: UpBatch): void {
    if (this.#stopped) return;
    this.#parts.connections.opened(batch.opened);
    for (const { connection, frame } of batch.frames) this.#frame(connection, frame);
    for (const connection of batch.closed) this.#closed(connection);
    for (const wanted of batch.wanted) this.#track(this.#wanted(wanted));
    if (batch.poisoned !== null) {
      this.#log.fatal({ reason: batch.poisoned }, 'the store takes no more writes');
    }
    for (const reason of batch.readFailures) {
      this.#log.error({ reason }, 'a file of the store cannot be read');
    }
  }

  /** Takes nothing more; resolves when every request that was taken has been answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#underWay);
  }

  #frame(connection: ConnectionId, frame: Uint8Array): void {
    let command: RemotingCommand;
    try {
      command = decodeFrame(frame);
    } catch (error) {
      this.#log.warn({ connection, err: error }, 'a frame does not parse');
      this.#parts.dataPlane.closeConnection(connection);
      return;
    }
    if (isResponse(command)) this.#parts.clientCalls.answered(connection, command);
    else this.#track(this.#serve(connection, command));
  }

  async #serve(connection: ConnectionId, request: RemotingCommand): Promise<void> {
    const remoteAddress = this.#parts.connections.remoteAddress(connection);
    const peer = { connection, remoteAddress };
    const frame = await dispatch(this.#handlers, request, peer, (error) => {
      this.#log.error({ err: error, code: request.code, from: remoteAddress }, 'request failed');
    });
    if (frame === null) this.#outbox.schedule();
    else this.#outbox.send(connection, frame);
  }

  async #wanted(wanted: WantedName): Promise<void> {
    await resolveWanted({ ...this.#parts, publish: () => this.#outbox.publish() }, wanted);
  }

  #closed(connection: ConnectionId): void {
    this.#parts.connections.closed(connection);
    this.#parts.consumers.connectionClosed(connection);
    this.#parts.producers.connectionClosed(connection);
    this.#parts.clientCalls.connectionClosed(connection);
    this.#outbox.schedule();
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#log.error({ err: error }, 'request failed'))
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}

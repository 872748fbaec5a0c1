/**
 * Requests that this broker makes of its clients on their own connections (Java Broker2Client):
 * the oneway notice 40, and calls such as 307 that wait for an answer.
 *
 * Invariants: every call ends once, by its answer, its timeout or the end of its connection.
 */
import type { ConnectionId } from '../../dataplane/data-plane.ts';
import { ConnectionClosedError, RequestTimeoutError } from '../../remoting/errors.ts';
import { encodeFrame } from '../../remoting/frame.ts';
import { createRequest, type RemotingCommand } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import type { Member } from './member.ts';

interface Call {
  connection: ConnectionId;
  resolve: (answer: RemotingCommand) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export class ClientCalls {
  readonly #send: (connection: ConnectionId, frame: Uint8Array) => void;
  readonly #calls = new Map<number, Call>();

  constructor(send: (connection: ConnectionId, frame: Uint8Array) => void) {
    this.#send = send;
  }

  /** Tells one member that its group changed, so that it rebalances now and not in 20 s. */
  notifyGroupChanged(connection: ConnectionId, consumerGroup: string): void {
    const notice = createRequest(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, {
      extFields: { consumerGroup },
      oneway: true,
    });
    this.#send(connection, encodeFrame(notice));
  }

  /** Sends a oneway request. */
  tell(member: Member, request: RemotingCommand): void {
    this.#send(member.connection, encodeFrame(request));
  }

  /** `send` is another way for the frame; what it throws ends the call. */
  call(
    member: Member,
    request: RemotingCommand,
    timeoutMs: number,
    send = this.#send,
  ): Promise<RemotingCommand> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(request.opaque);
        reject(new RequestTimeoutError(member.remoteAddress, timeoutMs));
      }, timeoutMs);
      const { connection } = member;
      const call = { connection, resolve, reject, timer };
      this.#calls.set(request.opaque, call);
      try {
        send(connection, encodeFrame(request));
      } catch (error) {
        this.#end(request.opaque, call);
        throw error;
      }
    });
  }

  /** A response from a client; one that answers no call of ours is dropped. */
  answered(connection: ConnectionId, answer: RemotingCommand): void {
    const call = this.#calls.get(answer.opaque);
    if (call?.connection !== connection) return;
    this.#end(answer.opaque, call);
    call.resolve(answer);
  }

  connectionClosed(connection: ConnectionId): void {
    for (const [opaque, call] of this.#calls) {
      if (call.connection !== connection) continue;
      this.#end(opaque, call);
      call.reject(new ConnectionClosedError('the client', 'peer closed'));
    }
  }

  close(): void {
    for (const { connection } of [...this.#calls.values()]) this.connectionClosed(connection);
  }

  #end(opaque: number, call: Call): void {
    clearTimeout(call.timer);
    this.#calls.delete(opaque);
  }
}

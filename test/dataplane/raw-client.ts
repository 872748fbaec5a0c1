/** The client's side of a broker's socket for tests of the data plane: frames out, answers in. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeFrame, encodeFrame, FrameReader } from '../../src/remoting/frame.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
} from '../../src/remoting/remoting-command.ts';

export class RawClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: RemotingCommand) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new FrameReader();
    socket.on('data', (chunk) => {
      for (const frame of reader.push(chunk)) {
        const answer = decodeFrame(frame);
        this.#waiting.get(answer.opaque)?.(answer);
      }
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends a request and resolves to its answer. */
  call(code: number, extFields: ExtValues, body?: Uint8Array): Promise<RemotingCommand> {
    const request = createRequest(code, { extFields, body, encoding: 'ROCKETMQ' });
    return new Promise((resolve) => {
      this.#waiting.set(request.opaque, resolve);
      this.#socket.write(encodeFrame(request));
    });
  }

  send(topic: string, body: string): Promise<RemotingCommand> {
    const fields = { a: 'PG', b: topic, c: 'TBW102', d: 4, e: 0, f: 0, g: Date.now(), h: 0 };
    return this.call(310, fields, Buffer.from(body));
  }

  pull(group: string, topic: string, queueOffset: number): Promise<RemotingCommand> {
    return this.call(11, {
      consumerGroup: group,
      topic,
      queueId: 0,
      queueOffset,
      maxMsgNums: 32,
      sysFlag: 6,
      commitOffset: 0,
      suspendTimeoutMillis: 15_000,
      subscription: '*',
      subVersion: 0,
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

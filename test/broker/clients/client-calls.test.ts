import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ClientCalls } from '../../../src/broker/clients/client-calls.ts';
import type { Member } from '../../../src/broker/clients/member.ts';
import type { ConnectionId } from '../../../src/dataplane/data-plane.ts';
import { ConnectionClosedError, RequestTimeoutError } from '../../../src/remoting/errors.ts';
import { decodeFrame } from '../../../src/remoting/frame.ts';
import {
  createRequest,
  createResponse,
  type RemotingCommand,
  reply,
} from '../../../src/remoting/remoting-command.ts';

const calls = suite('client calls');

const member: Member = {
  connection: 7 as ConnectionId,
  clientId: 'c',
  language: 'JAVA',
  version: 479,
  remoteAddress: '127.0.0.1:1',
};
const question = (): RemotingCommand => createRequest(307);

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

calls('a client that never answers costs its time-out and no more', async () => {
  const clients = new ClientCalls(() => undefined);
  const error = await failure(clients.call(member, question(), 20));
  assert.instance(error, RequestTimeoutError);
});

calls('only the asked connection can answer', async () => {
  const clients = new ClientCalls(() => undefined);
  const request = question();
  const answer = clients.call(member, request, 1000);
  clients.answered(8 as ConnectionId, createResponse(request, reply(1)));
  clients.answered(member.connection, createResponse(request, reply(0)));
  assert.is((await answer).code, 0);
});

calls('a frame may go another way, and when it cannot go the call ends', async () => {
  const sent: number[] = [];
  const clients = new ClientCalls(() => assert.unreachable('not this way'));
  const refused = clients.call(member, question(), 60_000, () => {
    throw new Error('no such record');
  });
  assert.match(String(await failure(refused)), 'no such record');
  const request = question();
  const answer = clients.call(member, request, 60_000, (_, frame) => {
    sent.push(decodeFrame(frame.subarray(4)).opaque);
  });
  assert.equal(sent, [request.opaque]);
  clients.close();
  assert.instance(await failure(answer), ConnectionClosedError);
});

calls.run();

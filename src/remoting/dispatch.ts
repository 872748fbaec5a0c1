/**
 * From a request to its answer: the one place where handlers run, whether the request came from
 * a socket of ours (`server.ts`) or through the data plane.
 *
 * Invariants: a oneway request and a response are never answered; every other request gets
 * exactly one answer, in its own encoding; nothing a handler throws gets out. A `Refusal` is
 * answered as it stands and not logged; anything else is this process's fault: code 1, logged.
 */
import { Refusal } from './errors.ts';
import { encodeFrame } from './frame.ts';
import {
  createResponse,
  isOneway,
  isResponse,
  type RemotingCommand,
  type Reply,
  reply,
} from './remoting-command.ts';
import { requestCodeName } from './request-code.ts';
import { ResponseCode } from './response-code.ts';

/** Serves one request code. `null` means that the answer goes out by other means, or never. */
export type Handler<C> = (
  request: RemotingCommand,
  connection: C,
) => Reply | null | Promise<Reply | null>;

export type Handlers<C> = ReadonlyMap<number, Handler<C>>;

/** Told of every fault of ours, with the request that met it. */
export type FaultListener = (error: unknown, request: RemotingCommand) => void;

/** The frame that answers the request, null when none must be sent. */
export async function dispatch<C>(
  handlers: Handlers<C>,
  request: RemotingCommand,
  connection: C,
  onFault: FaultListener,
): Promise<Buffer | null> {
  if (isResponse(request)) {
    return null;
  }
  const answer = await run(handlers, request, connection, onFault);
  return answer === null || isOneway(request) ? null : encode(request, answer, onFault);
}

async function run<C>(
  handlers: Handlers<C>,
  request: RemotingCommand,
  connection: C,
  onFault: FaultListener,
): Promise<Reply | null> {
  const handler = handlers.get(request.code);
  if (handler === undefined) {
    return reply(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, {
      remark: ` request type ${request.code} not supported`,
    });
  }
  try {
    return await handler(request, connection);
  } catch (error) {
    if (error instanceof Refusal) {
      return reply(error.code, { remark: error.message });
    }
    onFault(error, request);
    return fault(error, request);
  }
}

function fault(error: unknown, request: RemotingCommand): Reply {
  const name = requestCodeName(request.code) ?? String(request.code);
  const text = error instanceof Error ? error.message : String(error);
  return reply(ResponseCode.SYSTEM_ERROR, {
    remark: `the server is at fault: ${name} failed: ${text}`,
  });
}

/** An answer that cannot be encoded (a header over 16 MiB) still becomes an answer. */
function encode(request: RemotingCommand, answer: Reply, onFault: FaultListener): Buffer {
  try {
    return encodeFrame(createResponse(request, answer));
  } catch (error) {
    onFault(error, request);
    return encodeFrame(createResponse(request, fault(error, request)));
  }
}

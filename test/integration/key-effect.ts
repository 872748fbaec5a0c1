/** What one configuration key does, seen from outside. */
import { RemotingClient } from '../../src/remoting/client.ts';
import type { Handlers } from '../../src/remoting/dispatch.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
  reply,
} from '../../src/remoting/remoting-command.ts';

export interface KeyEffect {
  readonly key: string;
  /** Another than the default. */
  readonly value: string;
  /** A key with its value that has to be so for this one to show. */
  readonly under?: readonly [key: string, value: string];
  /** Whether the value is in force; false with the default. */
  isInForce(address: string): Promise<boolean>;
}

/** How long a notice may take that is expected not to come. */
const noticeLimitMs = 700;

let names = 0;

/** A name nobody has used. */
export function freshName(prefix: string): string {
  names += 1;
  return `${prefix}${process.pid}x${names}`;
}

/** Runs with a connection of its own. */
export async function withClient<T>(
  act: (client: RemotingClient) => Promise<T>,
  handlers: Handlers<string> = new Map(),
): Promise<T> {
  const client = new RemotingClient({ requestTimeoutMs: 10_000 }, { handlers });
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

/** For an admin client that asks its broker alone. */
export const unasked = '127.0.0.1:1';

export async function ask(
  address: string,
  code: number,
  extFields: ExtValues,
  body?: Uint8Array,
): Promise<RemotingCommand> {
  const request = createRequest(code, { extFields, body });
  return await withClient((client) => client.request(address, request));
}

/** Whether the server sends a request of the code while `act` runs or soon after. */
export async function isTold(
  code: number,
  act: (client: RemotingClient) => Promise<void>,
): Promise<boolean> {
  let told: (isTold: boolean) => void = () => undefined;
  const notice = new Promise<boolean>((resolve) => {
    told = resolve;
  });
  const handlers: Handlers<string> = new Map([
    [
      code,
      () => {
        told(true);
        return reply(0);
      },
    ],
  ]);
  return await withClient(async (client) => {
    await act(client);
    const timer = setTimeout(() => told(false), noticeLimitMs);
    return await notice.finally(() => clearTimeout(timer));
  }, handlers);
}

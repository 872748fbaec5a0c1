/**
 * How the admin client asks: one connection pool, one timeout, name servers tried in turn.
 *
 * Invariants: every question ends within its timeout; with `rememberUnreachable` an address that
 * could not be reached or did not answer is not waited for again until `forgetUnreachable`, so
 * that one dead broker costs a command with thousands of questions a single timeout.
 */
import { RemotingClient } from '../remoting/client.ts';
import { AnswerError } from '../remoting/errors.ts';
import {
  createRequest,
  type ExtValues,
  type RemotingCommand,
} from '../remoting/remoting-command.ts';

export interface Question {
  fields?: ExtValues | undefined;
  body?: string | undefined;
  timeoutMs?: number | undefined;
}

export interface AskerOptions {
  nameServers: readonly string[];
  timeoutMs: number;
  rememberUnreachable: boolean;
}

export class Asker {
  readonly nameServers: readonly string[];
  readonly timeoutMs: number;
  readonly #client: RemotingClient;
  readonly #unreachable = new Map<string, Error>();
  readonly #remembers: boolean;

  constructor({ nameServers, timeoutMs, rememberUnreachable }: AskerOptions) {
    this.#remembers = rememberUnreachable;
    this.nameServers = nameServers;
    this.timeoutMs = timeoutMs;
    this.#client = new RemotingClient({ requestTimeoutMs: timeoutMs });
  }

  /** The answer when its code is SUCCESS, else an AnswerError. */
  async ask(address: string, code: number, question: Question = {}): Promise<RemotingCommand> {
    const { fields, body, timeoutMs } = question;
    const bytes = body === undefined ? undefined : Buffer.from(body, 'utf8');
    const request = createRequest(code, { extFields: fields, body: bytes });
    return this.#remember(address, () => this.#client.call(address, request, timeoutMs));
  }

  /** The answer, whatever its code. */
  request(address: string, request: RemotingCommand, timeoutMs?: number): Promise<RemotingCommand> {
    return this.#remember(address, () => this.#client.request(address, request, timeoutMs));
  }

  /** The first name server that answers; an answer with an error code is an answer. */
  async askNameServer(code: number, fields: ExtValues = {}): Promise<RemotingCommand> {
    const failures: string[] = [];
    for (const nameServer of this.nameServers) {
      try {
        return await this.ask(nameServer, code, { fields });
      } catch (error) {
        if (error instanceof AnswerError) throw error;
        failures.push(reasonOf(error));
      }
    }
    throw new Error(`no name server answered: ${failures.join('; ')}`);
  }

  /** Tells every name server, also those behind one that fails; then fails with all reasons. */
  async tellNameServers(code: number, question: Question): Promise<void> {
    const failures: string[] = [];
    for (const nameServer of this.nameServers) {
      await this.ask(nameServer, code, question).catch((error: unknown) => {
        failures.push(reasonOf(error));
      });
    }
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  /** Gives addresses that failed another chance; for tools that repeat themselves. */
  forgetUnreachable(): void {
    this.#unreachable.clear();
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #remember(address: string, ask: () => Promise<RemotingCommand>): Promise<RemotingCommand> {
    const known = this.#unreachable.get(address);
    if (known !== undefined) throw known;
    try {
      return await ask();
    } catch (error) {
      if (this.#remembers && error instanceof Error && !(error instanceof AnswerError)) {
        this.#unreachable.set(address, error);
      }
      throw error;
    }
  }
}

/** A failure as one line that names where it came from. */
export function reasonOf(error: unknown): string {
  if (error instanceof AnswerError) return `${error.message} (${error.address})`;
  return error instanceof Error ? error.message : String(error);
}

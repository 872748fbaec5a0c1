/**
 * Failures of the remoting layer, one class per thing that can be at fault. Each text says what
 * happened at which address, so that it can be shown to a user as it stands.
 */

/** A peer sent bytes that are not a frame; its connection is closed, nothing else notices. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/**
 * A handler's refusal: answered with its code and text. Everything else that a handler throws is
 * a fault of this process and is answered with code 1 and logged.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;

  constructor(code: number, remark: string) {
    super(remark);
    this.code = code;
  }
}

export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly address: string;

  constructor(address: string, reason: string) {
    super(`connect to ${address} failed: ${reason}`);
    this.address = address;
  }
}

export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
  readonly address: string;

  constructor(address: string, timeoutMs: number) {
    super(`no answer from ${address} within ${timeoutMs} ms`);
    this.address = address;
  }
}

export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  readonly address: string;

  constructor(address: string, reason: string) {
    super(`connection to ${address} closed: ${reason}`);
    this.address = address;
  }
}

/** An answer arrived and its code is not the success that the caller needed. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly address: string;
  readonly code: number;
  readonly remark: string;

  constructor(address: string, code: number, remark: string | null) {
    super(`CODE: ${code}  DESC: ${remark ?? ''}`);
    this.address = address;
    this.code = code;
    this.remark = remark ?? '';
  }
}

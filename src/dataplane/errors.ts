/**
 * Errors of the native seam as classes, by the code that crosses with them.
 *
 * The addon throws `CODE: text`; the codes are those of `native/crates/addon/src/code.rs` and of
 * docs/boundary.md, and a test holds the three against each other.
 */

export const DATA_PLANE_ERROR_CODES = [
  'INVALID_OPTION',
  'STORE_IN_USE',
  'STORE_DAMAGED',
  'STORE_FAILED',
  'LISTEN_FAILED',
  'ALREADY_LISTENING',
  'CLOSED',
  'CLOSE_FAILED',
  'INVALID_NUMBER',
] as const;

export type DataPlaneErrorCode = (typeof DATA_PLANE_ERROR_CODES)[number];

/** Anything that the data plane refuses or fails at. */
export class DataPlaneError extends Error {
  readonly code: DataPlaneErrorCode;

  constructor(code: DataPlaneErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The operator's: an option or an address that cannot work. */
export class DataPlaneOptionError extends DataPlaneError {}

/** The operator's: another broker has the folder open. */
export class StoreInUseError extends DataPlaneError {}

/** The operator's: files of the store contradict each other or the options. */
export class StoreDamagedError extends DataPlaneError {}

/** The machine's: a disk, socket or thread failed. */
export class DataPlaneFailure extends DataPlaneError {}

/** The caller's: used after close, or twice. */
export class DataPlaneMisuseError extends DataPlaneError {}

const CLASSES: Record<DataPlaneErrorCode, typeof DataPlaneError> = {
  INVALID_OPTION: DataPlaneOptionError,
  STORE_IN_USE: StoreInUseError,
  STORE_DAMAGED: StoreDamagedError,
  STORE_FAILED: DataPlaneFailure,
  LISTEN_FAILED: DataPlaneFailure,
  ALREADY_LISTENING: DataPlaneMisuseError,
  CLOSED: DataPlaneMisuseError,
  CLOSE_FAILED: DataPlaneFailure,
  INVALID_NUMBER: DataPlaneMisuseError,
};

/** The class of an error that crossed the seam; one without a code comes back as it is. */
export function fromNative(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const colon = error.message.indexOf(': ');
  const code = DATA_PLANE_ERROR_CODES.find((known) => known === error.message.slice(0, colon));
  if (code === undefined) return error;
  return new CLASSES[code](code, error.message.slice(colon + 2), { cause: error });
}

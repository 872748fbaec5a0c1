/**
 * Version of a table that a broker publishes (Java `DataVersion`). Two versions are the same
 * only when all three fields are: a restarted broker counts from the start again.
 */
export interface DataVersion {
  readonly stateVersion: number;
  /** Wall time in ms of the last change. */
  readonly timestamp: number;
  readonly counter: number;
}

export const INITIAL_DATA_VERSION: DataVersion = { stateVersion: 0, timestamp: 0, counter: 0 };

export function nextDataVersion(from: DataVersion, nowMs: number, stateVersion = 0): DataVersion {
  return { stateVersion, timestamp: nowMs, counter: from.counter + 1 };
}

export function sameDataVersion(left: DataVersion, right: DataVersion): boolean {
  return (
    left.stateVersion === right.stateVersion &&
    left.timestamp === right.timestamp &&
    left.counter === right.counter
  );
}

/** Negative, zero or positive: by state version, then counter, then time. */
export function compareDataVersion(left: DataVersion, right: DataVersion): number {
  return (
    left.stateVersion - right.stateVersion ||
    left.counter - right.counter ||
    left.timestamp - right.timestamp
  );
}

/**
 * SIGINT and SIGTERM: the first stops gracefully, the second at once. Exit codes: 0 after a
 * clean stop, 1 when stopping failed, 128 + signal number for the second signal.
 */
import { constants } from 'node:os';

export interface SignalHooks {
  stop: () => Promise<void>;
  onStopFailed: (error: unknown) => void;
}

export function stopOnSignals(hooks: SignalHooks): void {
  let stopping = false;
  const handle = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (stopping) {
      process.exit(128 + constants.signals[signal]);
    }
    stopping = true;
    hooks.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        hooks.onStopFailed(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
}

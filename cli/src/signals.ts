// Ctrl-C and its relatives: the first asks for an orderly end, the second does not wait.
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A terminal signals the whole group and a launcher passes its own copy on: two of one press are one. */
const SAME_PRESS_MS = 300;

export interface StopSignals {
  /** Aborted by the first signal. */
  readonly asked: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

/** A second signal ends the process at once, with the status that its signal alone would have given. */
export function watchSignals(now: () => number = () => performance.now()): StopSignals {
  const asked = new AbortController();
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first !== undefined && now() - first > SAME_PRESS_MS) process.exit(128 + constants.signals[signal]);
    first ??= now();
    asked.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    asked: asked.signal,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

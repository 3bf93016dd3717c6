// Waiting for a signal without losing the one that comes while its receiver is at work.
import type { EventEmitter } from 'node:events';
import type { RunId } from '../ids.ts';

/** Ids that a slow receiver is kept; beyond it looks for itself. */
const MOST_TOUCHED = 2_000;
/** A run that was touched, or undefined where some may have been lost. */
export const ANY_RUN = 'runs';

export interface Waiter {
  /** Call before reading: a signal that comes after it ends the next wait at once. */
  arm(): void;
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

export interface Touched {
  readonly ids: readonly RunId[];
  /** More came than is kept, or some may have been lost: whoever must know all looks for itself. */
  readonly missed: boolean;
}

export interface RunsWaiter {
  /** What was touched since the last call. Call before reading. */
  take(): Touched;
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

function hang(): { ring(): void; arm(): void; wait: Waiter['wait'] } {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    arm: () => {
      rung = false;
    },
    wait: (timeoutMs, signal) =>
      new Promise<void>((resolve) => {
        if (rung || signal?.aborted === true) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal?.addEventListener('abort', done, { once: true });
        wake = done;
      }),
  };
}

export function waiterOn(emitter: EventEmitter, name: string): Waiter {
  const bell = hang();
  emitter.on(name, bell.ring);
  return {
    arm: bell.arm,
    wait: bell.wait,
    close: () => {
      emitter.off(name, bell.ring);
      bell.ring();
    },
  };
}

export function waiterOnRuns(emitter: EventEmitter, wanted: (runId: RunId) => boolean): RunsWaiter {
  const bell = hang();
  const touched = new Set<RunId>();
  let missed = false;
  const hear = (runId: RunId | undefined): void => {
    if (runId !== undefined && !wanted(runId)) return;
    if (runId !== undefined && touched.size < MOST_TOUCHED) touched.add(runId);
    else missed = true;
    bell.ring();
  };
  emitter.on(ANY_RUN, hear);
  return {
    take: () => {
      bell.arm();
      const taken = { ids: [...touched], missed };
      touched.clear();
      missed = false;
      return taken;
    },
    wait: bell.wait,
    close: () => {
      emitter.off(ANY_RUN, hear);
      bell.ring();
    },
  };
}

// How late the event loop is: what one long computation costs everybody else.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

export interface LoopDelay {
  /** Seconds since the last reading; a reading begins a new span. */
  read(): { readonly mean: number; readonly p99: number; readonly max: number };
  close(): void;
}

export function watchLoop(): LoopDelay {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  // The timer's own period is in every sample; an empty span has no mean.
  const seconds = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1_000) : 0;
  return {
    read: () => {
      const read = { mean: seconds(delay.mean), p99: seconds(delay.percentile(99)), max: seconds(delay.max) };
      delay.reset();
      return read;
    },
    close: () => void delay.disable(),
  };
}

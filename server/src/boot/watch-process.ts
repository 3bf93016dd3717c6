// What the process itself would say beside the log, and what it would let others read (LG7, LG9): an error nobody caught, a warning of the
// runtime, a report, a core dump, a debugger that a signal opens.
import { writeFileSync } from 'node:fs';
import type { Log } from '../log.ts';

/** Of pages of memory in a core dump, in bits: none. Inherited by every process that is begun from here. */
const NO_PAGES = '0';
const FILTER = '/proc/self/coredump_filter';

export interface WatchOptions {
  readonly debugging: 'off' | 'on';
  /** Ends the process: after an error that nobody caught its state is unknown. */
  readonly end: () => void;
}

/** From now on these go through the log, or nowhere. Answers how to end it. */
export function watchProcess(log: Log, { debugging, end }: WatchOptions): () => void {
  const crashed = (error: unknown, origin: string): void => {
    log.error('process.crashed', { security: 'process.crashed', reason: origin }, error);
    end();
  };
  const warned = (warning: Error): void => log.warn('process.warning', { code: warning.name, detail: warning.message });
  const signalled = (): void => log.warn('process.debugger_refused', { security: 'process.debugger_refused' });
  // The runtime's own listener prints the warning as it is.
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', warned);
  process.on('uncaughtException', crashed);
  if (debugging === 'off') {
    process.on('SIGUSR1', signalled);
    shut();
  }
  return () => {
    process.off('uncaughtException', crashed);
    process.off('warning', warned);
    process.off('SIGUSR1', signalled);
    for (const printer of printers) process.on('warning', printer);
  };
}

function shut(): void {
  const { report } = process;
  report.reportOnFatalError = false;
  report.reportOnSignal = false;
  report.reportOnUncaughtException = false;
  try {
    writeFileSync(FILTER, NO_PAGES);
  } catch {
    // Only Linux has it; elsewhere core dumps are off unless somebody turned them on.
  }
}

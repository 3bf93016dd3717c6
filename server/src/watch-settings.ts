// Owns the settings of what a person sees of a running node: lines, numbers, traces, and who may look into its memory.
// Promises what the table of settings promises; it is a part of that table.
// Must never send anything anywhere unless it was told to.
import { oneOf, type Setting } from './setting-readers.ts';

export const WATCH_SETTINGS = {
  logLevel: {
    env: 'SALLYPORT_LOG_LEVEL',
    flag: 'log-level',
    about: 'Least level that is written to stderr, as JSON lines.',
    expected: 'debug, info, warn or error',
    example: 'info',
    fallback: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error'),
  },
  metrics: {
    env: 'SALLYPORT_METRICS',
    flag: 'metrics',
    about: 'Serve GET /metrics in the Prometheus format, to the operator key alone.',
    expected: 'off or on',
    example: 'on',
    fallback: 'off',
    parse: oneOf('off', 'on'),
  },
  debugging: {
    env: 'SALLYPORT_DEBUGGING',
    flag: 'debugging',
    about:
      'Let debuggers, profilers, heap snapshots and core dumps read the memory of the process, and thereby every secret in it; on loopback only.',
    expected: 'off or on',
    example: 'off',
    fallback: 'off',
    parse: oneOf('off', 'on'),
  },
} satisfies Record<string, Setting<unknown>>;

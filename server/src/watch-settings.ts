// Owns the settings of what a person sees of a running node: lines, numbers, traces, and who may look into its memory.
// Promises what the table of settings promises; it is a part of that table.
// Must never send anything anywhere unless it was told to.
import { oneOf, type Setting, url, whole } from './setting-readers.ts';

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
  tracesUrl: {
    env: 'SALLYPORT_TRACES_URL',
    flag: 'traces-url',
    about: 'Where spans of requests and runs are sent, as OTLP over HTTP in JSON; nowhere unless told.',
    expected: 'an http or https URL without user, query and fragment',
    example: 'http://127.0.0.1:4318/v1/traces',
    parse: (text: string) => {
      const parsed = url(['https:', 'http:'])(text);
      return parsed !== undefined && parsed.username === '' && parsed.search === '' ? parsed : undefined;
    },
  },
  tracesAuthorization: {
    env: 'SALLYPORT_TRACES_AUTHORIZATION',
    about:
      'Value of the Authorization header for that collector; SALLYPORT_TRACES_AUTHORIZATION_FILE names a file that holds it instead.',
    expected: 'a header value without line breaks',
    example: '(a secret)',
    parse: (text: string) => (/^[\x20-\x7e]{1,4096}$/.test(text) ? text : undefined),
  },
  tracesShare: {
    env: 'SALLYPORT_TRACES_SHARE',
    flag: 'traces-share',
    about: 'Of a hundred traces, how many are sent.',
    expected: 'a number from 0 to 100',
    example: '10',
    fallback: '100',
    parse: whole(0, 100),
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

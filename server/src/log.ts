// Owns the one sink of log lines: JSON on stderr, UTC.
// Promises two doors: a call can name only the fields of the list below, and every line is redacted before it is written.
// Must never write a header, a body, a document, a prompt or a key; nothing else in the server writes to a stream.
import { createRedactor } from '@sallyport/redact';
import { type Logger, pino } from 'pino';
import { Fault } from './errors.ts';

/** The outer door: what a line may hold. A field that is not here does not compile, and is dropped at run time. */
export interface LogFields {
  readonly tenant_id?: string | undefined;
  readonly user_id?: string | undefined;
  readonly key_id?: string | undefined;
  readonly request_id?: string | undefined;
  readonly run_id?: string | undefined;
  readonly worker_id?: string | undefined;
  readonly call_id?: string | undefined;
  readonly step?: number | undefined;
  readonly epoch?: string | undefined;
  readonly method?: string | undefined;
  /** The pattern of the route, never the path that was asked for. */
  readonly route?: string | undefined;
  readonly status?: number | undefined;
  readonly duration_ms?: number | undefined;
  readonly bytes?: number | undefined;
  readonly count?: number | undefined;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly tool?: string | undefined;
  readonly model?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly detail?: string | undefined;
}

const FIELDS: ReadonlySet<string> = new Set<keyof LogFields>([
  'tenant_id',
  'user_id',
  'key_id',
  'request_id',
  'run_id',
  'worker_id',
  'call_id',
  'step',
  'epoch',
  'method',
  'route',
  'status',
  'duration_ms',
  'bytes',
  'count',
  'code',
  'reason',
  'tool',
  'model',
  'host',
  'port',
  'name',
  'path',
  'detail',
]);
const MOST_DETAIL = 2_000;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `error` is anything thrown: its code and its message, cut and redacted, become fields; its stack does at debug level. */
  error(event: string, fields?: LogFields, error?: unknown): void;
  with(fields: LogFields): Log;
  /** A secret that this process holds: masked by value wherever it turns up. */
  register(secret: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go; stderr unless a test looks at them. */
  readonly write?: (line: string) => void;
  /** The outer door; only a test or the proof's own composition removes it (DEC-011). */
  readonly fields?: boolean;
  /** The inner door; only a test or the proof's own composition removes it (DEC-011). */
  readonly redaction?: boolean;
}

export function createLog(options: LogOptions): Log {
  const redactor = createRedactor();
  const sink = options.write === undefined ? pino.destination({ fd: 2, sync: true }) : { write: options.write };
  const logger: Logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  const clean = (fields: object): object =>
    options.redaction === false ? fields : (redactor.redact(fields) as object);
  const build = (bound: LogFields): Log => {
    const write = (level: LogLevel, event: string, fields: LogFields, error?: unknown): void => {
      if (!logger.isLevelEnabled(level)) return;
      const all: LogFields = { ...bound, ...fields, ...(error === undefined ? {} : describe(error, options.level)) };
      logger[level](clean(options.fields === false ? { ...all } : allowed(all)), event);
    };
    return {
      debug: (event, fields = {}) => write('debug', event, fields),
      info: (event, fields = {}) => write('info', event, fields),
      warn: (event, fields = {}) => write('warn', event, fields),
      error: (event, fields = {}, error) => write('error', event, fields, error),
      with: (fields) => build({ ...bound, ...fields }),
      register: (secret) => redactor.register(secret),
    };
  };
  return build({});
}

function allowed(fields: LogFields): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || !FIELDS.has(name)) continue;
    kept[name] = typeof value === 'string' ? value.slice(0, MOST_DETAIL) : value;
  }
  return kept;
}

function describe(error: unknown, level: LogLevel): LogFields {
  if (!(error instanceof Error)) return { detail: String(error) };
  const code = error instanceof Fault ? error.code : 'code' in error ? String(error.code) : error.name;
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  const detail = level === 'debug' ? (error.stack ?? error.message) : `${error.message}${cause}`;
  return { code, detail };
}

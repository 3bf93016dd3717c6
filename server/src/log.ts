// Owns the one sink of log lines: JSON on stderr, UTC.
// Promises two doors: a call can name only the fields of the list below, and every line is redacted before it is written; and that no call throws.
// Must never write a header, a body, a document, a prompt or a key; nothing else in the server writes to a stream.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Redactor } from '@sallyport/redact';
import { type Logger, pino } from 'pino';
import { Fault } from './errors.ts';
import type { SecurityCode } from './security-events.ts';
import { createSink, type FloodLimits, type Repeated, type Sink, type SinkCounts } from './sink/sink.ts';

/** The outer door: what a line may hold. A field that is not here does not compile, and is dropped at run time. */
export interface LogFields {
  readonly tenant_id?: string | undefined;
  readonly user_id?: string | undefined;
  readonly key_id?: string | undefined;
  readonly request_id?: string | undefined;
  readonly trace_id?: string | undefined;
  readonly span_id?: string | undefined;
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
  /** A stable code of a security event; see `security-events.ts`. */
  readonly security?: SecurityCode | undefined;
  /** Kind of the credential. */
  readonly by?: 'key' | 'session' | 'token' | 'operator' | 'none' | undefined;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly tool?: string | undefined;
  readonly model?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly detail?: string | undefined;
  /** The release of the contracts that the reader of events knows. */
  readonly contracts?: string | undefined;
}

const FIELDS: ReadonlySet<string> = new Set<keyof LogFields>([
  ...(['tenant_id', 'user_id', 'key_id', 'request_id', 'trace_id', 'span_id', 'run_id', 'worker_id'] as const),
  ...([
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
    'security',
    'by',
  ] as const),
  ...(['reason', 'tool', 'model', 'host', 'port', 'name', 'path', 'detail', 'contracts'] as const),
]);
const MOST_DETAIL = 2_000;
/** Of the shape of a line, for whoever reads them. */
const VERSION = 1;
/** Such lines are told apart by these, and sampled when they repeat. */
const KIND = ['tenant_id', 'code', 'route', 'status', 'reason', 'name', 'tool'] as const;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `error` is anything thrown: its code and its message, cut and redacted, become fields; its stack does at debug level. */
  error(event: string, fields?: LogFields, error?: unknown): void;
  with(fields: LogFields): Log;
  /** Every line that is written while `work` goes on, by whomever, holds these ids; they may grow while it does. */
  within<T>(ids: LogFields, work: () => T): T;
  /** A secret that this process holds: masked by value wherever it turns up. `passing` ones are held for a call and forgotten in time. */
  register(secret: string, life?: 'lasting' | 'passing'): void;
  /** The same masking for what leaves by another way: attributes of spans. */
  clean(fields: object): object;
  counts(): SinkCounts;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go; stderr unless a test looks at them. */
  readonly write?: (line: string) => void;
  /** The outer door; only a test or the proof's own composition removes it (DEC-011). */
  readonly fields?: boolean;
  /** The inner door; only a test or the proof's own composition removes it (DEC-011). */
  readonly redaction?: boolean;
  /** A redactor with a fault; only a test has one. */
  readonly redactor?: Redactor;
  readonly flood?: FloodLimits;
}

export function createLog(options: LogOptions): Log {
  const around = new AsyncLocalStorage<LogFields>();
  const sink = createSink({ ...options, onRepeated: (repeated) => tellRepeated(log, repeated) });
  const logger = openLogger(options, sink);
  const build = (bound: LogFields): Log => {
    const write = (level: LogLevel, event: string, fields: LogFields, error?: unknown): void => {
      if (!logger.isLevelEnabled(level)) return;
      const gathered = sink.attempt(() => {
        const said = error === undefined ? {} : describe(error, options.level);
        return gather([around.getStore() ?? {}, bound, fields, said], options.fields !== false);
      }) as Record<string, unknown>;
      if (isFailure(level, event, gathered) && !sink.admit(kindOf(level, event, gathered), { event, ...gathered }))
        return;
      logger[level](sink.clean(gathered), event);
    };
    return {
      debug: (event, fields = {}) => write('debug', event, fields),
      info: (event, fields = {}) => write('info', event, fields),
      warn: (event, fields = {}) => write('warn', event, fields),
      error: (event, fields = {}, error) => write('error', event, fields, error),
      with: (fields) => build({ ...bound, ...fields }),
      within: (ids, work) => {
        const outer = around.getStore();
        return around.run(outer === undefined ? ids : { ...outer, ...ids }, work);
      },
      register: (secret, life = 'lasting') => sink.register(secret, life),
      clean: (fields) => sink.clean(fields),
      counts: () => sink.counts(),
    };
  };
  const log = build({});
  return log;
}

function openLogger(options: LogOptions, sink: Sink): Logger {
  const out = options.write === undefined ? pino.destination({ fd: 2, sync: true }) : { write: options.write };
  return pino(
    {
      level: options.level,
      base: { v: VERSION },
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void out.write(sink.finish(line)) },
  );
}

/** Later ones win; what is undefined says nothing. Reads each field once. */
function gather(sources: readonly LogFields[], closed: boolean): Record<string, unknown> {
  const kept: Record<string, unknown> = { tenant_id: '-' };
  for (const source of sources)
    for (const [name, value] of Object.entries(source)) {
      if (value === undefined || (closed && !FIELDS.has(name))) continue;
      kept[name] = typeof value === 'string' && closed ? value.slice(0, MOST_DETAIL) : value;
    }
  return kept;
}

/** What can be had without end: failures. A request that went well is bounded by its limits, and is always written. */
function isFailure(level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): boolean {
  return event !== REPEATED && (level === 'warn' || level === 'error' || fields.code !== undefined);
}

function kindOf(level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): string {
  return `${level} ${event} ${KIND.map((name) => String(fields[name] ?? '').slice(0, 100)).join(' ')}`;
}

const REPEATED = 'log.repeated';

function tellRepeated(log: Log, { count, about }: Repeated): void {
  const { event, tenant_id, code, route, status, reason } = (about ?? {}) as LogFields & { readonly event?: string };
  log.warn(REPEATED, { count, name: event ?? 'others', tenant_id, code, route, status, reason });
}

function describe(error: unknown, level: LogLevel): LogFields {
  if (!(error instanceof Error)) return { detail: String(error) };
  const code = error instanceof Fault ? error.code : 'code' in error ? String(error.code) : error.name;
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  const detail = level === 'debug' ? (error.stack ?? error.message) : `${error.message}${cause}`;
  return { code, detail };
}

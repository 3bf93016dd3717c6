// What serve, worker and migrate share: settings from the table, the log, the faults in words, and the life of the process.
// The server is imported when it is needed: the other commands start without it.
import { createRedactor } from '@sallyport/redact';
import type { Config, Log } from '@sallyport/server';
import type { Flag, Input } from './command.ts';
import { serverEnvironment } from './environment.ts';
import { type StatusName, Stop, status } from './exit-status.ts';
import { inert } from './inert.ts';
import { note, paint, type Tone } from './print.ts';
import { watchSignals } from './signals.ts';

type Server = typeof import('@sallyport/server');

export function loadServer(): Promise<Server> {
  return import('@sallyport/server');
}

/** A flag for each setting that is no secret. */
export async function settingFlags(): Promise<Flag[]> {
  const { SETTINGS } = await loadServer();
  return Object.values(SETTINGS).flatMap((setting) => {
    if (!('flag' in setting)) return [];
    const fallback = 'fallback' in setting && setting.fallback !== '' ? ` ${setting.fallback} unless told.` : '';
    return [{ name: setting.flag, value: 'VALUE', about: `${setting.about}${fallback} (${setting.env})` }];
  });
}

/** `told` is what the command itself says; a flag that is given says it better. */
export function readSettings(server: Server, input: Input, told: Readonly<Record<string, string>> = {}): Config {
  const flags: Record<string, string | undefined> = {};
  for (const setting of Object.values(server.SETTINGS))
    if ('flag' in setting) flags[setting.flag] = input.text(setting.flag) ?? told[setting.flag];
  return server.readConfig({ env: serverEnvironment(), flags });
}

/** JSON lines, or one readable line each where a person looks on. What the process would say beside them goes there too. */
export function openLog(server: Server, config: Config): Log {
  const readable = process.stderr.isTTY === true ? { write: (line: string) => note(readableLine(line)) } : {};
  const log = server.createLog({ level: config.logLevel, ...readable });
  server.watchProcess(log, { debugging: config.debugging, end: () => process.exit(status('internal')) });
  return log;
}

const TONES: Readonly<Record<string, Tone>> = { debug: 'quiet', info: 'quiet', warn: 'warn', error: 'bad' };

export function readableLine(line: string): string {
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${inert(String(value), 300)}`);
  const word = String(level);
  return [
    String(time).slice(11, 19),
    paint(TONES[word] ?? 'plain', word.padEnd(5), process.stderr.isTTY === true),
    inert(String(event), 100),
    ...rest,
  ].join(' ');
}

export interface Running {
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** Runs until a signal asks for an end (status 0) or it ends by itself. A signal during the start is honoured after it. */
export async function runUntilStopped<R extends Running>(
  start: () => Promise<R>,
  onReady: (running: R) => void,
): Promise<number> {
  const signals = watchSignals();
  try {
    const running = await start();
    if (!signals.asked.aborted) onReady(running);
    const asked = new Promise<undefined>((resolve) => {
      if (signals.asked.aborted) resolve(undefined);
      else signals.asked.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const reason = await Promise.race([running.ended, asked]);
    if (reason === undefined && process.stderr.isTTY === true) note('sallyport: stopping; once more to stop at once');
    await running.close();
    if (reason === undefined) return status('ok');
    throw new Stop('ended', `it ended by itself: ${reason}`);
  } finally {
    signals.release();
  }
}

/** A code without a status of its own does not compile. */
const OF_EMBEDDED: Readonly<Record<InstanceType<Server['EmbeddedError']>['code'], StatusName>> = {
  binaries_missing: 'binaries_missing',
  data_unwritable: 'data_unwritable',
  wrong_owner: 'wrong_owner',
  locked: 'locked',
  start_failed: 'start_failed',
  not_running: 'not_running',
  no_user: 'no_user',
};

const OF_BACKUP: Readonly<Record<InstanceType<Server['BackupError']>['code'], StatusName>> = {
  file_exists: 'cannot_create',
  not_a_backup: 'backup_damaged',
  backup_damaged: 'backup_damaged',
  backup_truncated: 'backup_damaged',
  backup_newer: 'backup_newer',
  backup_foreign: 'backup_newer',
  backup_key: 'backup_key',
  target_taken: 'target_taken',
  blobs_elsewhere: 'configuration',
};

const OF_ROTATION: Readonly<Record<InstanceType<Server['RotationError']>['code'], StatusName>> = {
  nodes_behind: 'try_later',
  no_new_key: 'configuration',
  nothing_to_rotate: 'data',
  unknown_tenant: 'no_input',
};

/** A fault of the server as a sentence and a status of its own; whoever answered the server may have said its secrets again. */
export function asStop(server: Server, error: unknown, config: Config | undefined): unknown {
  const stop = toStop(server, error, config);
  if (config === undefined) return stop;
  const redactor = createRedactor({ secrets: server.secretsOf(config) });
  if (stop instanceof Stop) return new Stop(stop.status, redactor.redactText(stop.message), stop.cause);
  const said = stop instanceof Error ? (stop.stack ?? stop.message) : String(stop);
  return new Stop('internal', `something went wrong on our side\n${redactor.redactText(said)}`, stop);
}

function toStop(server: Server, error: unknown, config: Config | undefined): unknown {
  const listen = findListenFault(error);
  if (listen !== undefined && config !== undefined) return listenStop(codeOf(listen), config, error);
  if (error instanceof server.EmbeddedError)
    return new Stop(OF_EMBEDDED[error.code], `${error.message} (${error.code})`, error);
  if (error instanceof server.BackupError)
    return new Stop(OF_BACKUP[error.code], `${error.message} (${error.code})`, error);
  if (error instanceof server.RotationError)
    return new Stop(OF_ROTATION[error.code], `${error.message} (${error.code})`, error);
  if (error instanceof server.Fault) {
    if (error.code === 'configuration') return new Stop('configuration', settingsSentence(error), error);
    if (error.code === 'half_restored') return new Stop('half_restored', error.message, error);
    if (error.code === 'schema_newer') return new Stop('schema_newer', error.message, error);
    return new Stop(error.status === 503 ? 'unavailable' : 'internal', `${error.message} (${error.code})`, error);
  }
  const code = codeOf(error);
  if (
    code !== undefined &&
    /^(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|ECONNRESET|28[0-9A-Z]{3}|3D000)$/.test(code)
  )
    return new Stop('unavailable', `the database does not answer: ${(error as Error).message} (${code})`, error);
  return error;
}

function settingsSentence(error: {
  readonly message: string;
  readonly options: { readonly fields?: readonly { readonly message: string }[] };
}): string {
  const faults = error.options.fields ?? [];
  if (faults.length === 0) return error.message;
  return ['the settings are not valid:', ...faults.map((one) => `  ${one.message}`)].join('\n');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The system's own error, wherever a fault wraps it. */
function findListenFault(error: unknown, depth = 0): Error | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  return 'syscall' in error && error.syscall === 'listen' ? error : findListenFault(error.cause, depth + 1);
}

/** S21: the address, and the command that shows who holds it. */
function listenStop(code: string | undefined, { host, port }: Config, cause: unknown): Stop {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (code === 'EADDRINUSE')
    return new Stop(
      'port_taken',
      `${where} is taken by another process. See which: ${whoHolds(port)}\nOr take a free port: --port 0`,
      cause,
    );
  if (code === 'EACCES')
    return new Stop(
      'port_taken',
      `uid ${process.getuid?.() ?? '?'} may not listen on ${where}; take a port above 1023: --port 4600`,
      cause,
    );
  return new Stop('configuration', `SALLYPORT_HOST (--host): cannot listen on ${where} (${code ?? 'unknown'})`, cause);
}

function whoHolds(port: number): string {
  return process.platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
}

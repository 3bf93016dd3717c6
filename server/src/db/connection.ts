// Connections of one login: checked out, used, given back or destroyed. Pipelined, so that a whole transaction is one round trip.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Fault, fault } from '../errors.ts';

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** A function is asked at each connect: the password may have been replaced meanwhile. */
  readonly password?: string | (() => string) | undefined;
  readonly ssl?: boolean | undefined;
}

/** One connection of its own, not yet open: for what a pool must not carry. */
export function directClient(options: ConnectOptions, name: string, more: pg.ClientConfig = {}): pg.Client {
  const { ssl, password, ...rest } = options;
  return new pg.Client({
    ...rest,
    ...(password === undefined ? {} : { password }),
    ...(ssl === true ? { ssl: true } : {}),
    application_name: name,
    ...more,
  });
}

const WRONG_PASSWORD = '28P01';
const AGAIN_MS = 500;
/** After these a connection is in doubt and is destroyed; any other error leaves it usable. */
const DOUBTFUL = /^(08|57P|58|XX|0A000|26000)/;

export function createPool(options: ConnectOptions, max: number, onFault: (error: unknown) => void): pg.Pool {
  const { ssl, password, ...rest } = options;
  const pool = new pg.Pool({
    ...rest,
    ...(password === undefined ? {} : { password }),
    ...(ssl === true ? { ssl: true } : {}),
    max,
    pipeline: true,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'sallyport',
  } as pg.PoolConfig);
  pool.on('error', onFault);
  // A connection that is lost while it is in use tells its query; without a listener of its own it would end the process too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** With the password as it is now: for a thread, to which no function can be passed. */
export function settledOptions(options: ConnectOptions): ConnectOptions {
  const { password } = options;
  return typeof password === 'function' ? { ...options, password: password() } : options;
}

export function sqlState(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof pg.DatabaseError) return at.code;
  }
  return undefined;
}

/** The name of the violated constraint, when that is what happened. */
export function violatedConstraint(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof pg.DatabaseError) return at.constraint;
  }
  return undefined;
}

function wrap(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  // The wall of a tenant that is being deleted: a writer from before the closing is refused by it (RT4).
  if (error.code === '42501' && error.message.includes('"closed_')) return fault('tenant_closed', { cause: error });
  return fault('database', { detail: `${error.code}: ${error.message}`, cause: error });
}

function inDoubt(error: unknown): boolean {
  if (error instanceof Fault) return false;
  const state = sqlState(error);
  return state === undefined || DOUBTFUL.test(state);
}

/** A password that is being replaced is wrong for a moment: between its file and the commit in the database. */
async function connectTwice(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if (sqlState(error) !== WRONG_PASSWORD) throw error;
    await delay(AGAIN_MS);
    return pool.connect();
  }
}

/** Runs `work` on a checked-out client. A client that failed in a doubtful way is destroyed, never given back. */
export async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await connectTwice(pool).catch((error: unknown) => {
    throw fault('unavailable', { detail: error instanceof Error ? error.message : 'no connection', cause: error });
  });
  let destroy = false;
  try {
    return await work(client);
  } catch (error) {
    destroy = inDoubt(error);
    throw wrap(error);
  } finally {
    client.release(destroy);
  }
}

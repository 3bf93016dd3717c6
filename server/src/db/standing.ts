// What the database says of our own session and of its walls: facts for the posture, read from the catalogue.
import type pg from 'pg';
import { fault } from '../errors.ts';
import { withClient } from './connection.ts';
import { Row } from './row.ts';

export interface DatabaseStanding {
  /** Of the server, `18.4`. */
  readonly version: string;
  /** The session is encrypted. */
  readonly tls: boolean;
  /** The session goes through a socket of this machine. */
  readonly socket: boolean;
  /** The login could pass by row-level security. */
  readonly mighty: boolean;
  readonly tables: number;
  /** Tables that force row-level security, on their owner too. */
  readonly forced: number;
}

const STANDING = `select current_setting('server_version') as version,
  coalesce((select s.ssl from pg_stat_ssl s where s.pid = pg_backend_pid()), false) as tls,
  inet_server_addr() is null as socket,
  (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = session_user) as mighty,
  (select count(*)::int from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')) as tables,
  (select count(*)::int from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')
    and c.relrowsecurity and c.relforcerowsecurity) as forced`;

export async function readStanding(pool: pg.Pool): Promise<DatabaseStanding> {
  const { rows } = await withClient(pool, (client) => client.query<Record<string, unknown>>(STANDING));
  if (rows[0] === undefined) throw fault('internal', { detail: 'the database said nothing of itself' });
  const row = new Row(rows[0]);
  return {
    version: row.text('version').split(' ')[0] ?? '',
    tls: row.bool('tls'),
    socket: row.bool('socket'),
    mighty: row.bool('mighty'),
    tables: row.int('tables'),
    forced: row.int('forced'),
  };
}

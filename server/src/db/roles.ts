// The roles of the cluster: groups that own or act, logins that inherit nothing, and the copier, whom only the migrator can enter.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { type ConnectOptions, directClient } from './connection.ts';

export type Passwords = Readonly<Partial<Record<'api' | 'worker' | 'ops', string>>>;

const GROUPS = ['owner', 'claimer', 'auth', 'registrar', 'biller', 'tenant', 'purger', 'copier'];
const LOGINS = ['api', 'worker', 'ops'] as const;

/** Roles of the cluster, made when missing. Logins inherit nothing: they enter the tenant role statement by statement. */
export async function makeRoles(client: pg.Client, p: string, passwords: Passwords | undefined): Promise<void> {
  const existing = await client.query<{ rolname: string }>('select rolname from pg_roles where rolname = any($1)', [
    [...GROUPS, ...LOGINS].map((name) => `${p}_${name}`),
  ]);
  const has = new Set(existing.rows.map((row) => row.rolname));
  const major =
    Number((await client.query<{ v: string }>("select current_setting('server_version_num') as v")).rows[0]?.v ?? 0) /
    10_000;
  const withSet = major >= 16 ? ' with set true' : '';
  await client.query('begin');
  for (const name of GROUPS) if (!has.has(`${p}_${name}`)) await client.query(`create role ${p}_${name} nologin`);
  for (const name of LOGINS)
    if (!has.has(`${p}_${name}`)) await client.query(`create role ${p}_${name} login noinherit`);
  await client.query(
    `grant ${p}_owner, ${p}_claimer, ${p}_auth, ${p}_registrar, ${p}_biller, ${p}_copier to current_user${withSet}`,
  );
  await client.query(`grant ${p}_tenant to ${p}_api, ${p}_worker, ${p}_ops`);
  await client.query(`grant ${p}_purger to ${p}_ops`);
  for (const name of LOGINS) {
    await client.query(`alter role ${p}_${name} set search_path = app`);
    // The counts of a purge read a whole tenant.
    await client.query(`alter role ${p}_${name} set statement_timeout = '${name === 'ops' ? '600s' : '15s'}'`);
    const password = passwords?.[name];
    if (password !== undefined) await setPassword(client, `${p}_${name}`, password);
  }
  const { rows } = await client.query<{ d: string }>('select quote_ident(current_database()) as d');
  const database = rows[0]?.d ?? '';
  await client.query('revoke all on schema public from public');
  await client.query(`revoke temporary on database ${database} from public`);
  await client.query(`grant create on database ${database} to ${p}_owner`);
  await client.query('commit');
}

/**
 * Gives the logins new passwords. `keep` writes down what the passwords are made of, after the statements and before the commit: killed in
 * between, the next start sets what was written down.
 */
export async function setLoginPasswords(
  connect: ConnectOptions,
  p: string,
  passwords: Passwords,
  keep: () => void,
): Promise<void> {
  const client = directClient(connect, 'sallyport rotate');
  await client.connect();
  try {
    await client.query('begin');
    for (const name of LOGINS) {
      const password = passwords[name];
      if (password !== undefined) await setPassword(client, `${p}_${name}`, password);
    }
    keep();
    await client.query('commit');
  } finally {
    await client.end();
  }
}

async function setPassword(client: pg.Client, role: string, password: string): Promise<void> {
  await client.query(`alter role ${role} password '${scramVerifier(password)}'`);
}

/** The SCRAM-SHA-256 verifier of RFC 5803, so that the password itself is in no statement and no log. Base64 needs no quoting. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const iterations = 4096;
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/**
 * Lets the copier read every table there is, whatever migration made it. Row-level security is forced on the owner too, so a backup
 * needs a role of its own; no login is a member of it, and the migrator could read all of this without it.
 */
export async function letCopierRead(client: pg.Client, p: string): Promise<void> {
  const { rows } = await client.query<{ name: string; readable: boolean; closed: boolean }>(
    `select format('%I.%I', n.nspname, c.relname) as name, has_table_privilege($1, c.oid, 'select') as readable,
       c.relrowsecurity and not exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'copy') as closed
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('app', 'sys') and c.relkind in ('r', 'p', 'S') order by 1`,
    [`${p}_copier`],
  );
  const missing = rows.filter((row) => !row.readable || row.closed);
  if (missing.length === 0) return;
  await client.query('begin');
  await client.query(`grant usage on schema app, sys to ${p}_copier`);
  await client.query(`grant execute on function app.current_tenant() to ${p}_copier`);
  for (const { name, readable, closed } of missing) {
    if (!readable) await client.query(`grant select on ${name} to ${p}_copier`);
    if (closed) await client.query(`create policy copy on ${name} for select to ${p}_copier using (true)`);
  }
  await client.query('commit');
}

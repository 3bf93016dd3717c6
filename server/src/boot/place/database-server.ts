// The database of a deployment: embedded, or an own PostgreSQL by DATABASE_URL; each login with its way in.
import { createHmac, randomBytes } from 'node:crypto';
import type { Config } from '../../config.ts';
import {
  type ConnectOptions,
  type DatabaseFacts,
  ensureDatabase,
  inspectDatabase,
  type MigrateOptions,
  migrate,
  setLoginPasswords,
} from '../../db/db.ts';
import { type Embedded, EmbeddedError, findEmbedded, startEmbedded } from '../../embedded/embedded.ts';
import { fault } from '../../errors.ts';
import type { Begun } from './begun.ts';
import type { DataFolder } from './data-folder.ts';

export type Login = 'api' | 'worker' | 'ops';

export interface DatabaseServer {
  /** By way of a pooler, if there is one. */
  pooled(login: Login): ConnectOptions;
  /** Past any pooler: for LISTEN, locks and long sessions. */
  direct(login: Login): ConnectOptions;
  /** The owner of the database, who migrates, backs up and restores; no part of a serving node enters so. */
  readonly owner: ConnectOptions;
  /** Where an embedded database lies, which need not be the data folder; undefined for an own one. */
  readonly cluster: string | undefined;
  /** Makes the database where it is ours to make; a restore looks into it before anything is migrated. */
  prepare(): Promise<void>;
  migrate(
    watch?: Pick<MigrateOptions, 'before' | 'onProgress' | 'onWait' | 'upTo' | 'restoring'>,
  ): Promise<readonly string[]>;
  /** Gives the logins new passwords while nodes serve; answers false where nobody enters by one. */
  renewPasswords(): Promise<boolean>;
  /** What the database says of itself; changes nothing. */
  inspect(): Promise<DatabaseFacts>;
  /** Settles when the embedded database ended by itself; never for an own one. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'sallyport';
/** The secret that the passwords of the logins are made of: `database`, and after a rotation `database-2` … */
const STEM = 'database';

/** `own: false` joins the embedded database that `serve` runs from the same data folder. */
export async function openDatabaseServer(
  config: Config,
  folder: DataFolder,
  options: { readonly own: boolean },
): Promise<DatabaseServer> {
  if (config.databaseUrl !== undefined) return external(config, folder, config.databaseUrl);
  const embedded: Pick<Embedded, 'socketDir' | 'port' | 'superuser'> & Partial<Embedded> = options.own
    ? await startEmbedded({ dataDir: folder.path })
    : findEmbedded({ dataDir: folder.path });
  const at = { host: embedded.socketDir, port: embedded.port };
  const admin = { ...at, user: embedded.superuser, database: NAME };
  const prepare = (): Promise<void> => ensureDatabase({ ...admin, database: 'postgres' }, NAME);
  const login = (name: Login): ConnectOptions => ({ ...at, user: `${config.rolePrefix}_${name}`, database: NAME });
  return {
    pooled: login,
    direct: login,
    owner: admin,
    cluster: embedded.cluster,
    prepare,
    migrate: async (watch) => {
      await prepare();
      return (await migrate({ direct: admin, prefix: config.rolePrefix, ...watch })).applied;
    },
    renewPasswords: async () => false,
    inspect: () => inspectDatabase(admin),
    ended: embedded.ended ?? new Promise(() => undefined),
    stop: async () => embedded.stop?.(),
  };
}

function external(config: Config, folder: DataFolder, url: URL): DatabaseServer {
  const pooled = parseUrl('DATABASE_URL', url);
  const direct =
    config.databaseDirectUrl === undefined ? pooled : parseUrl('DATABASE_DIRECT_URL', config.databaseDirectUrl);
  // Over a socket the server knows us as the operating system does; over a network each login has a password of its own.
  const byPassword = !direct.host.startsWith('/') || direct.password !== undefined;
  const made = byPassword ? folder.secret(STEM) : new Uint8Array();
  const newest = (): { readonly version: number; readonly secret: Uint8Array } => {
    const later = [...folder.secrets(STEM)].toSorted(([one], [other]) => other - one)[0];
    return later === undefined ? { version: 1, secret: made } : { version: later[0], secret: later[1] };
  };
  const login =
    (base: ConnectOptions) =>
    (name: Login): ConnectOptions => {
      const user = `${config.rolePrefix}_${name}`;
      return { ...base, user, password: byPassword ? () => passwordOf(newest().secret, user) : undefined };
    };
  const passwordsOf = (secret: Uint8Array): Record<Login, string> => {
    const of = (name: Login): string => passwordOf(secret, `${config.rolePrefix}_${name}`);
    return { api: of('api'), worker: of('worker'), ops: of('ops') };
  };
  return {
    pooled: login(pooled),
    direct: login(direct),
    owner: direct,
    cluster: undefined,
    prepare: async () => undefined,
    migrate: async (watch) => {
      const passwords = byPassword ? passwordsOf(newest().secret) : undefined;
      return (await migrate({ direct, prefix: config.rolePrefix, passwords, ...watch })).applied;
    },
    renewPasswords: async () => {
      if (!byPassword) return false;
      const name = `${STEM}-${newest().version + 1}`;
      const secret = randomBytes(32);
      await setLoginPasswords(direct, config.rolePrefix, passwordsOf(secret), () => {
        if (!folder.putSecret(name, secret)) throw fault('conflict', { detail: `${name} was put by somebody else` });
      });
      return true;
    },
    inspect: () => inspectDatabase(direct),
    ended: new Promise(() => undefined),
    stop: async () => undefined,
  };
}

function passwordOf(secret: Uint8Array, user: string): string {
  return createHmac('sha256', secret).update(`sallyport.login.v1\0${user}`).digest('base64url');
}

/** The database that a server of this folder runs, or the same one started for one command. */
export async function joinDatabaseServer(config: Config, folder: DataFolder, begun: Begun): Promise<DatabaseServer> {
  try {
    const server = await openDatabaseServer(config, folder, { own: true });
    begun.add(() => server.stop());
    return server;
  } catch (error) {
    if (!(error instanceof EmbeddedError) || error.code !== 'locked') throw error;
    return openDatabaseServer(config, folder, { own: false });
  }
}

/** The URL form of libpq: a socket folder may be given as `?host=/folder`. */
function parseUrl(name: string, url: URL): ConnectOptions {
  const refuse = (expected: string): never => {
    throw fault('configuration', {
      detail: `${name}: not accepted; expected ${expected}, for example postgres://user@db.example.com:5432/sallyport`,
    });
  };
  const known = new Set(['host', 'port', 'sslmode']);
  for (const key of url.searchParams.keys()) if (!known.has(key)) refuse('no parameter but host, port and sslmode');
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const port = Number(url.searchParams.get('port') ?? (url.port === '' ? 5432 : url.port));
  const database = decodeURIComponent(url.pathname.slice(1));
  const sslmode = url.searchParams.get('sslmode') ?? 'disable';
  if (host === '' || database === '' || url.username === '' || !Number.isInteger(port))
    refuse('user, host and database');
  if (!['disable', 'require', 'verify-full'].includes(sslmode)) refuse('sslmode disable, require or verify-full');
  return {
    host,
    port,
    database,
    user: decodeURIComponent(url.username),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(sslmode === 'disable' ? {} : { ssl: true }),
  };
}

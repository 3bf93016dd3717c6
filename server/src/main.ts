// Owns the one composition: settings become pools, clocks, guards and models; these become the API and the worker.
// Promises that what was begun is ended in order, whatever failed on the way, and that nothing else composes the product.
// Must never remove a door: no setting of a shipped server does (DEC-011).
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AgentDeps, openModels } from './agent/agent.ts';
import {
  attachMetrics,
  Begun,
  type DatabaseServer,
  type DataFolder,
  demandMasterKeyFile,
  type FirstBoot,
  findMasterKeys,
  finishFirstBoot,
  makeFirstMasterKey,
  migrateAndTell,
  openAccess,
  openBilling,
  openBlobs,
  openDatabaseServer,
  openDataFolder,
  openGuards,
  openPrices,
  providerOptions,
  watchDiskSpace,
  watchNode,
} from './boot/boot.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createDatabase, type Database, openListener } from './db/db.ts';
import { openSignals, type Signals } from './events/events.ts';
import { type ConsoleFiles, listenHttp, loadConsole } from './http/http.ts';
import { createPeppers } from './identity/identity.ts';
import { createLinks } from './links/links.ts';
import type { Log } from './log.ts';
import { createNodeMetrics } from './metrics/metrics.ts';
import { createParser } from './parse/parse.ts';
import { loadSkills } from './skills/skills.ts';
import { beginWorker } from './upkeep.ts';
import {
  demandMasterKeys,
  type MasterKeys,
  openVault,
  readFingerprints,
  registerMasterKey,
  type Vault,
} from './vault/vault.ts';

export { type Config, type ConfigSource, readConfig, SETTINGS, type Setting } from './config.ts';
export { examine, type Finding } from './doctor/doctor.ts';
export { EmbeddedError } from './embedded/embedded.ts';
export { Fault } from './errors.ts';
export { createLog, type Log } from './log.ts';

export interface Served {
  readonly url: string;
  /** The one-time sign-in link; its token is in the fragment, which no server and no proxy sees. */
  readonly consoleLink: string;
  readonly tenantId: string;
  /** On the first boot of a database only. */
  readonly firstBoot: { readonly tenantId: string; readonly apiKey: string } | undefined;
  readonly keyFile: string;
  /** Settles with the reason when it ended by itself. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));
const POOL = 10;
const ADDRESS_FILE = 'server.json';

/** API, worker and, without DATABASE_URL, the database, in one process. */
export async function serve(config: Config, log: Log): Promise<Served> {
  const begun = new Begun();
  try {
    return await serveWith(config, log, begun);
  } catch (error) {
    await begun.close(log);
    throw error;
  }
}

async function serveWith(config: Config, log: Log, begun: Begun): Promise<Served> {
  const folder = openFolder(config, log);
  const found = findMasterKeys(config, folder);
  const http = await listenHttp({ log, listen: config });
  begun.add(() => http.close());
  const server = await openServer(config, begun, folder, true);
  await migrateAndTell(server, log, {
    before: (standing) => demandMasterKeys(found, standing),
    tell: (detail) => http.waitFor({ code: 'migrating', detail }),
  });
  http.waitFor({ code: 'starting', detail: 'starting' });
  const master = found ?? makeFirstMasterKey(folder);
  const peppers = createPeppers(new Map([[1, folder.secret('pepper-1')]]));
  const { signals, vault } = await openNode(log, begun, server, 'api', master);
  const api = openPool(config, log, begun, { server, vault }, 'api');
  await registerMasterKey(api, master);
  const agent = await openAgent(config, log, begun, { folder, server, signals, vault });
  const boot = await finishFirstBoot(api, peppers, folder, log);
  const metrics = config.metrics === 'on' ? createNodeMetrics() : undefined;
  const worker = beginWorker({ config, log, begun, folder, server, agent, vault, metrics });
  begun.add(attachMetrics(metrics, { api, agent, leaseAgeMs: worker.leaseAgeMs }));
  const payments = await openBilling(config, log, api);
  begun.add(() => payments?.close());
  const disk = watchDiskSpace({ path: folder.path, limitPercent: config.diskLimit, log });
  http.open({
    db: api,
    billing: payments?.billing,
    peppers,
    ...openAccess(config, log, begun),
    blobs: agent.blobs,
    links: createLinks(api, new Map([[1, folder.secret('links-1')]])),
    skills: agent.skills,
    models: agent.models,
    signals,
    console: await openConsole(log),
    log,
    listen: config,
    metrics,
    disk,
    ...watchNode({ api, disk, config, skills: agent.skills, alive: worker.alive }),
  });
  // The first to end, before what it stands on; if the start fails before this, it ends as what was begun first.
  begun.add(() => http.close());
  folder.write(ADDRESS_FILE, `${JSON.stringify({ url: http.url, pid: process.pid })}\n`);
  begun.add(() => folder.remove(ADDRESS_FILE));
  log.info('serve.ready', { detail: http.url });
  return answer(config, log, begun, { folder, server, boot, url: http.url });
}

function answer(
  config: Config,
  log: Log,
  begun: Begun,
  made: { folder: DataFolder; server: DatabaseServer; boot: FirstBoot; url: string },
): Served {
  const { boot } = made;
  const base = (config.publicUrl?.href ?? made.url).replace(/\/$/, '');
  return {
    url: made.url,
    consoleLink: `${base}/sign-in#${boot.setupToken}`,
    tenantId: boot.tenantId,
    firstBoot: boot.apiKey === undefined ? undefined : { tenantId: boot.tenantId, apiKey: boot.apiKey },
    keyFile: join(made.folder.path, 'first-key'),
    ended: made.server.ended.then(() => 'the database ended'),
    close: () => begun.close(log),
  };
}

async function openConsole(log: Log): Promise<ConsoleFiles> {
  const files = await loadConsole(CONSOLE_FOLDER);
  const detail = files.fault ?? 'not built; npm run console builds it';
  if (files.html === undefined) log.warn('console.missing', { path: CONSOLE_FOLDER, detail });
  return files;
}

/** A worker alone, on the database of a `serve` or on an own one. */
export async function work(
  config: Config,
  log: Log,
): Promise<{ readonly ended: Promise<string>; close(): Promise<void> }> {
  const begun = new Begun();
  try {
    const { folder, server } = await openGround(config, log, begun, false);
    const master = demandMasterKeyFile(config, folder);
    const { signals, vault } = await openNode(log, begun, server, 'worker', master);
    const agent = await openAgent(config, log, begun, { folder, server, signals, vault });
    demandMasterKeys(master, await readFingerprints(agent.db));
    beginWorker({ config, log, begun, folder, server, agent, vault });
    log.info('worker.ready');
    return { ended: server.ended.then(() => 'the database ended'), close: () => begun.close(log) };
  } catch (error) {
    await begun.close(log);
    throw error;
  }
}

export async function migrateDatabase(
  config: Config,
  onProgress: (done: number, all: number, name: string) => void,
): Promise<{ readonly applied: readonly string[] }> {
  const server = await openDatabaseServer(config, openDataFolder(config.dataDir), { own: true });
  try {
    return { applied: await server.migrate({ onProgress }) };
  } finally {
    await server.stop();
  }
}

async function openGround(
  config: Config,
  log: Log,
  begun: Begun,
  own: boolean,
): Promise<{ folder: DataFolder; server: DatabaseServer }> {
  const folder = openFolder(config, log);
  return { folder, server: await openServer(config, begun, folder, own) };
}

function openFolder(config: Config, log: Log): DataFolder {
  const {
    modelApiKey,
    readerApiKey,
    stripeApiKey,
    stripeWebhookSecrets = [],
    s3SecretAccessKey,
    masterKey = [],
  } = config;
  const secrets = [modelApiKey, readerApiKey, stripeApiKey, s3SecretAccessKey, ...stripeWebhookSecrets, ...masterKey];
  for (const secret of secrets) if (secret !== undefined) log.register(secret);
  return openDataFolder(config.dataDir);
}

async function openServer(config: Config, begun: Begun, folder: DataFolder, own: boolean): Promise<DatabaseServer> {
  const server = await openDatabaseServer(config, folder, { own });
  begun.add(() => server.stop());
  return server;
}

function openPool(
  config: Config,
  log: Log,
  begun: Begun,
  made: { server: DatabaseServer; vault: Vault },
  login: 'api' | 'worker',
): Database {
  const db = createDatabase({
    connect: made.server.pooled(login),
    keys: made.vault,
    prefix: config.rolePrefix,
    max: POOL,
    onFault: (error) => log.error('database.connection', {}, error),
  });
  begun.add(() => db.close());
  return db;
}

/** What hears of other nodes: of runs that moved, and of keys that changed. */
async function openNode(
  log: Log,
  begun: Begun,
  server: DatabaseServer,
  login: 'api' | 'worker',
  master: MasterKeys,
): Promise<{ signals: Signals; vault: Vault }> {
  const listener = await openListener(server.direct(login), (error) => log.error('database.listener', {}, error));
  begun.add(() => listener.close());
  const signals = await openSignals(listener, (error) => log.error('database.notify', {}, error));
  begun.add(() => signals.close());
  const vault = await openVault({ master, listener, monotonic: systemClock.monotonic });
  return { signals, vault };
}

async function openAgent(
  config: Config,
  log: Log,
  begun: Begun,
  made: { folder: DataFolder; server: DatabaseServer; signals: Signals; vault: Vault },
): Promise<AgentDeps> {
  const db = openPool(config, log, begun, made, 'worker');
  const guards = openGuards(config);
  begun.add(() => guards.close());
  const parser = createParser({ threads: config.parseThreads });
  begun.add(() => parser.close());
  return {
    db,
    egress: guards.web,
    reader: guards.reader,
    parser,
    signals: made.signals,
    log,
    clock: systemClock,
    blobs: await openBlobs(config, begun, made.folder),
    skills: await loadSkills(config.skillsDir),
    prices: openPrices(config),
    models: openModels({ fallback: config.model, provider: providerOptions(config, guards) }),
  };
}

// Owns the one composition: settings become pools, clocks, guards and models; these become the API and the worker.
// Promises that what was begun is ended in order, whatever failed on the way, and that nothing else composes the product.
// Must never remove a door: no setting of a shipped server does (DEC-011).
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  attachMetrics,
  Begun,
  type DatabaseServer,
  type DataFolder,
  demandMasterKeyFile,
  demandSharedKeys,
  egressAdvice,
  type FirstBoot,
  findMasterKeys,
  finishFirstBoot,
  followKeys,
  followLinkKeys,
  followMaster,
  makeFirstMasterKey,
  migrateAndTell,
  openAccess,
  openBilling,
  openDatabaseServer,
  openDataFolder,
  watchDiskSpace,
  watchNode,
} from './boot/boot.ts';
import { type Config, configurationFault } from './config.ts';
import type { Database } from './db/db.ts';
import {
  type ConsoleFiles,
  type HttpDeps,
  type ListeningNode,
  listenHttp,
  loadConsole,
  NO_CONSOLE,
} from './http/http.ts';
import { createPeppers } from './identity/identity.ts';
import { createLinks } from './links/links.ts';
import type { Log } from './log.ts';
import { createNodeMetrics } from './metrics/metrics.ts';
import { openAgent, openFolder, openHearing, openOffer, openPool, openServer } from './node-parts.ts';
import { beginWorker } from './upkeep.ts';
import { adoptMasterKeys, demandMasterKeys } from './vault/vault.ts';

export { BackupError, type BackupErrorCode, backUp, restore } from './backup/backup.ts';
export { watchProcess } from './boot/boot.ts';
export { type Config, type ConfigSource, readConfig, SETTINGS, type Setting } from './config.ts';
export { examine, type Finding } from './doctor/doctor.ts';
export { EmbeddedError } from './embedded/embedded.ts';
export { Fault } from './errors.ts';
export { createLog, type Log } from './log.ts';
export { secretsOf } from './node-parts.ts';
export {
  RotationError,
  type RotationErrorCode,
  rotateDatabase,
  rotateLinks,
  rotateMaster,
  rotateTenant,
} from './rotation/rotation.ts';

export interface Working {
  /** Settles with the reason when it ended by itself. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

export interface Served extends Working {
  readonly url: string;
  /** The one-time sign-in link; its token is in the fragment, which no server and no proxy sees. */
  readonly consoleLink: string;
  readonly tenantId: string;
  /** On the first boot of a database only. */
  readonly firstBoot: { readonly tenantId: string; readonly apiKey: string } | undefined;
  readonly keyFile: string;
}

const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));
const ADDRESS_FILE = 'server.json';

/** A node with the API and, without DATABASE_URL, the database; with a worker unless its roles leave it out. */
export async function serve(config: Config, log: Log): Promise<Served> {
  if (!config.roles.includes('api')) throw roleFault('api', 'serve');
  return withBegun(log, async (begun) => {
    const http = await listenHttp({ log, listen: config });
    begun.add(() => http.close());
    const node = await openNode(config, log, begun, http);
    const boot = await finishFirstBoot(node, log);
    await openHttp(config, log, begun, { ...node, http, listen: config });
    node.folder.write(ADDRESS_FILE, `${JSON.stringify({ url: http.url, pid: process.pid })}\n`);
    begun.add(() => node.folder.remove(ADDRESS_FILE));
    log.info('serve.ready', { detail: http.url });
    return { ...answer(config, node.folder, boot, http.url), ...working(begun, log, node.server) };
  });
}

/** A worker alone, on the database of a `serve` or on an own one; where it is told to, it says that it lives. */
export async function work(config: Config, log: Log): Promise<Working> {
  if (!config.roles.includes('worker')) throw roleFault('worker', 'worker');
  return withBegun(log, async (begun) => {
    const alone: Config = { ...config, roles: ['worker'] };
    const address = config.healthAddress;
    const listen = { ...(address ?? { host: '', port: 0 }), publicUrl: undefined, trustedProxies: [] };
    const http = address === undefined ? undefined : await listenHttp({ log, listen, only: 'health' });
    begun.add(() => http?.close());
    const node = await openNode(alone, log, begun, http);
    await openHttp(alone, log, begun, { ...node, http, listen });
    log.info('worker.ready', { detail: http?.url });
    return working(begun, log, node.server);
  });
}

async function withBegun<T>(log: Log, start: (begun: Begun) => Promise<T>): Promise<T> {
  const begun = new Begun();
  try {
    return await start(begun);
  } catch (error) {
    await begun.close(log);
    throw error;
  }
}

function roleFault(role: string, command: string): Error {
  return configurationFault([
    `SALLYPORT_ROLES: without ${role}; expected ${role} among them for \`sallyport ${command}\``,
  ]);
}

function working(begun: Begun, log: Log, server: DatabaseServer): Working {
  const close = (): Promise<void> => {
    log.info('shutdown.begun');
    return begun.close(log);
  };
  return { ended: server.ended.then(() => 'the database ended'), close };
}

/** The ground of a node: its database at this release, and the keys that it shares with all others. */
async function openNode(config: Config, log: Log, begun: Begun, http: ListeningNode | undefined) {
  const folder = openFolder(config, log);
  const server = await openServer(config, begun, folder);
  const find = config.roles.includes('api') ? findMasterKeys : demandMasterKeyFile;
  const found = find(config, folder);
  await migrateAndTell(server, log, {
    before: (standing) => demandMasterKeys(found, standing),
    tell: (detail) => http?.waitFor({ code: 'migrating', detail }),
  });
  http?.waitFor({ code: 'starting', detail: 'starting' });
  const master = found ?? makeFirstMasterKey(folder);
  const { signals, vault } = await openHearing(config, log, begun, server, master);
  const api = openPool(config, log, begun, { server, vault }, 'api');
  await adoptMasterKeys(api, master);
  await demandSharedKeys(api, folder);
  const linkKeys = await followLinkKeys(api, folder);
  begun.add(await followKeys(api, [followMaster(api, master), linkKeys], log));
  const peppers = createPeppers(new Map([[1, folder.secret('pepper-1')]]));
  return { folder, server, signals, vault, api, peppers, linkKeys, direct: server.direct('api') };
}

type OpenedNode = Awaited<ReturnType<typeof openNode>>;

/** The worker, if this node has one, and then the requests, if it answers any. */
async function openHttp(
  config: Config,
  log: Log,
  begun: Begun,
  made: OpenedNode & { readonly http: ListeningNode | undefined; readonly listen: HttpDeps['listen'] },
): Promise<void> {
  const { folder, api, http, signals } = made;
  const offer = await openOffer(config, log, begun, folder);
  const metrics = config.metrics === 'on' ? createNodeMetrics() : undefined;
  const agent = config.roles.includes('worker') ? openAgent(config, log, begun, { ...made, offer }) : undefined;
  const worker = agent === undefined ? undefined : beginWorker({ ...made, config, log, begun, agent, metrics });
  const leaseAgeMs = (): number | undefined => worker?.leaseAgeMs();
  begun.add(attachMetrics(metrics, { log, api, agent, egress: offer.guards.stats, leaseAgeMs }));
  const disk = watchDiskSpace({
    paths: [folder.path, made.server.cluster ?? folder.path],
    limitPercent: config.diskLimit,
    log,
  });
  if (http === undefined) return;
  http.open({
    ...(await openPublic(config, log, begun, api)),
    ...{ db: api, signals, log, metrics, traces: offer.traces, disk, listen: made.listen, peppers: made.peppers },
    links: createLinks(api, made.linkKeys.keys),
    egress: egressAdvice(config, offer.guards.web),
    blobs: offer.blobs,
    skills: offer.skills,
    models: offer.models,
    ...watchNode({ api, disk, config, skills: offer.skills, alive: worker?.alive }),
  });
  // The first to end, before what it stands on; if the start fails before this, it ends as what was begun first.
  begun.add(async () => {
    http.leave();
    // It claims nothing more from now on; that it has ended is waited for in its turn.
    void worker?.close();
    await delay(config.leaveSeconds * 1_000);
    await http.close();
  });
}

/** What only people and programs outside need: the ways in, payments, the console. */
async function openPublic(
  config: Config,
  log: Log,
  begun: Begun,
  api: Database,
): Promise<Pick<HttpDeps, 'issuers' | 'rates' | 'billing' | 'console'>> {
  const access = openAccess(config, log, begun);
  if (!config.roles.includes('api')) return { ...access, console: NO_CONSOLE };
  const payments = await openBilling(config, log, api);
  begun.add(() => payments?.close());
  return { ...access, billing: payments?.billing, console: await openConsole(log) };
}

function answer(config: Config, folder: DataFolder, boot: FirstBoot, url: string): Omit<Served, keyof Working> {
  const base = (config.publicUrl?.href ?? url).replace(/\/$/, '');
  return {
    url,
    consoleLink: `${base}/sign-in#${boot.setupToken}`,
    tenantId: boot.tenantId,
    firstBoot: boot.apiKey === undefined ? undefined : { tenantId: boot.tenantId, apiKey: boot.apiKey },
    keyFile: join(folder.path, 'first-key'),
  };
}

async function openConsole(log: Log): Promise<ConsoleFiles> {
  const files = await loadConsole(CONSOLE_FOLDER);
  const detail = files.fault ?? 'not built; npm run console builds it';
  if (files.html === undefined) log.warn('console.missing', { path: CONSOLE_FOLDER, detail });
  return files;
}

export async function migrateDatabase(
  config: Config,
  onProgress: (done: number, all: number, name: string) => void,
): Promise<{ readonly applied: readonly string[] }> {
  const folder = openDataFolder(config.dataDir, config.keyFolder);
  const server = await openDatabaseServer(config, folder, { own: true });
  try {
    return { applied: await server.migrate({ onProgress }) };
  } finally {
    await server.stop();
  }
}

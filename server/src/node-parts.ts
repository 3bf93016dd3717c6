// Owns the parts that a node stands on, whatever it does: data folder, database, pools, what hears of other nodes, models, blobs, skills.
// Promises that each part that was opened is in what was begun, to be ended in order.
// Must never open a part that the roles of the node do not need.
import { type AgentDeps, openModels } from './agent/agent.ts';
import {
  type Begun,
  type DatabaseServer,
  type DataFolder,
  deploymentLists,
  type Guards,
  openBlobs,
  openDatabaseServer,
  openDataFolder,
  openGuards,
  openPrices,
  openTraces,
  providerOptions,
} from './boot/boot.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createDatabase, type Database, openListener } from './db/db.ts';
import { openSignals, type Signals } from './events/events.ts';
import type { Log } from './log.ts';
import { createParser } from './parse/parse.ts';
import { loadSkills } from './skills/skills.ts';
import { type MasterKeys, openVault, type Vault } from './vault/vault.ts';

type Login = 'api' | 'worker';

const POOL = 10;
/** A node without the API asks little under the login of the API: who the operator is, and the figures. */
const SMALL_POOL = 2;

/** What the settings hold and nobody may read: masked by value in every line. */
export function secretsOf(config: Config): string[] {
  const { modelApiKey, readerApiKey, stripeApiKey, s3SecretAccessKey } = config;
  const { stripeWebhookSecrets = [], masterKey = [], databaseUrl, databaseDirectUrl } = config;
  const passwords = [databaseUrl, databaseDirectUrl].map((url) => url && decodeURIComponent(url.password));
  const all = [modelApiKey, readerApiKey, stripeApiKey, s3SecretAccessKey, config.tracesAuthorization];
  return [...all, ...stripeWebhookSecrets, ...masterKey, ...passwords].filter((one) => one !== undefined);
}

export function openFolder(config: Config, log: Log): DataFolder {
  for (const secret of secretsOf(config)) log.register(secret);
  const folder = openDataFolder(config.dataDir, config.keyFolder);
  const heard = (bytes: Uint8Array): Uint8Array => {
    log.register(Buffer.from(bytes).toString('hex'));
    return bytes;
  };
  return {
    ...folder,
    secret: (name) => heard(folder.secret(name)),
    secrets: (stem) => new Map([...folder.secrets(stem)].map(([version, bytes]) => [version, heard(bytes)])),
  };
}

/** The embedded database belongs to the node with the API; a worker joins it. */
export async function openServer(config: Config, begun: Begun, folder: DataFolder): Promise<DatabaseServer> {
  const server = await openDatabaseServer(config, folder, { own: config.roles.includes('api') });
  begun.add(() => server.stop());
  return server;
}

export function openPool(
  config: Config,
  log: Log,
  begun: Begun,
  made: { server: DatabaseServer; vault: Vault },
  login: Login,
): Database {
  const db = createDatabase({
    connect: made.server.pooled(login),
    keys: made.vault,
    prefix: config.rolePrefix,
    max: config.roles.includes(login) ? POOL : SMALL_POOL,
    onFault: (error) => log.error('database.connection', {}, error),
  });
  begun.add(() => db.close());
  return db;
}

/** What hears of other nodes: of runs that moved, and of keys that changed. */
export async function openHearing(
  config: Config,
  log: Log,
  begun: Begun,
  server: DatabaseServer,
  master: MasterKeys,
): Promise<{ signals: Signals; vault: Vault }> {
  const login: Login = config.roles.includes('api') ? 'api' : 'worker';
  const listener = await openListener(server.direct(login), (error) => log.error('database.listener', {}, error));
  begun.add(() => listener.close());
  const signals = await openSignals(listener, (error) => log.error('database.notify', {}, error));
  begun.add(() => signals.close());
  const vault = await openVault({ master, listener, monotonic: systemClock.monotonic });
  return { signals, vault };
}

/** What requests and runs share. */
export interface Offer extends Pick<AgentDeps, 'blobs' | 'skills' | 'models' | 'prices' | 'traces'> {
  readonly guards: Guards;
}

export async function openOffer(config: Config, log: Log, begun: Begun, folder: DataFolder): Promise<Offer> {
  const guards = openGuards(config);
  begun.add(() => guards.close());
  const traces = openTraces(config, log, guards.collector);
  begun.add(() => traces?.close());
  return {
    guards,
    traces,
    blobs: await openBlobs(config, begun, folder),
    skills: await loadSkills(config.skillsDir),
    prices: openPrices(config),
    models: openModels({ fallback: config.model, provider: providerOptions(config, guards, traces) }),
  };
}

export function openAgent(
  config: Config,
  log: Log,
  begun: Begun,
  made: { server: DatabaseServer; signals: Signals; vault: Vault; offer: Offer },
): AgentDeps {
  const { guards, ...offer } = made.offer;
  const db = openPool(config, log, begun, made, 'worker');
  const parser = createParser({ threads: config.parseThreads });
  begun.add(() => parser.close());
  return {
    ...offer,
    db,
    parser,
    egress: guards.web,
    egressLists: deploymentLists(config).parsed,
    reader: guards.reader,
    signals: made.signals,
    log,
    clock: systemClock,
  };
}

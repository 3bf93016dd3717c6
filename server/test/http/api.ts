// One or more API nodes over a real database, with two tenants and a client that says exactly what it sends.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEgressGuard } from '@sallyport/egress';
import type { Billing } from '../../src/billing/billing.ts';
import { createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import { readConfig } from '../../src/config.ts';
import { type Database, type Doors, openListener } from '../../src/db/db.ts';
import { type EgressLists, parseLists } from '../../src/egress/egress.ts';
import { openSignals, type Signals } from '../../src/events/events.ts';
import { type ConsoleFiles, type HttpDeps, NO_CONSOLE, startHttp } from '../../src/http/http.ts';
import {
  createPeppers,
  createTenant,
  createTokenIssuers,
  firstBootOperator,
  type NewTenant,
  parseKey,
  type TokenIssuers,
  useOperatorKey,
  verifyKey,
} from '../../src/identity/identity.ts';
import type { RateSettings } from '../../src/limits/limits.ts';
import { createLinks, type LinkDoors } from '../../src/links/links.ts';
import { createLog, type Log } from '../../src/log.ts';
import { createPosture } from '../../src/posture/posture.ts';
import type { UserPrincipal } from '../../src/principal.ts';
import { loadSkills } from '../../src/skills/skills.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { demandDocumented } from './documented.ts';

export const peppers = createPeppers(new Map([[1, Buffer.alloc(32, 7)]]));

const NO_ISSUERS = createTokenIssuers([], {
  read: () => Promise.reject(new TypeError('there is no issuer')),
  monotonic: () => performance.now(),
  onFault: () => undefined,
});
const OPEN_LISTS: EgressLists = { profile: 'open', allow: [], deny: [] };
/** SALLYPORT_TEST_NODES=2 puts two nodes behind `ask`, each asked in its turn: what holds of one node must hold of a house. */
const LEAST_NODES = Number(process.env.SALLYPORT_TEST_NODES ?? '1');
const ROOM = { count: 1_000_000, seconds: 60 };
/** Tests that are not about rates meet none. */
const LOOSE: RateSettings = { key: ROOM, user: ROOM, tenant: ROOM, address: ROOM, failures: ROOM };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer and asserts on it
  readonly json: any;
}

export interface Asked {
  readonly method?: string;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string | Uint8Array | ReadableStream;
}

export interface Node {
  readonly url: string;
  readonly signals: Signals;
  close(): Promise<void>;
}

export interface Api {
  readonly database: TestDatabase;
  readonly nodes: readonly Node[];
  readonly tenantA: NewTenant;
  readonly tenantB: NewTenant;
  readonly operatorKey: string;
  readonly deps: HttpDeps;
  /** Log lines of all nodes. */
  readonly lines: string[];
  readonly reasons: { code: string; detail: string }[];
  ask(path: string, asked?: Asked, node?: number): Promise<Answer>;
  principal(key: string): Promise<UserPrincipal>;
  close(): Promise<void>;
}

export async function startApi(
  options: {
    readonly doors?: Doors;
    readonly linkDoors?: LinkDoors;
    readonly sealing?: boolean;
    readonly nodes?: number;
    readonly publicUrl?: URL;
    readonly console?: ConsoleFiles;
    readonly billing?: (made: { readonly db: Database; readonly log: Log }) => Promise<Billing>;
    readonly issuers?: TokenIssuers;
    readonly rates?: Partial<RateSettings>;
    readonly egressLists?: EgressLists;
  } = {},
): Promise<Api> {
  const { doors, sealing = true } = options;
  const database = await testDatabase({ ...(doors === undefined ? {} : { doors }), sealing });
  const root = await mkdtemp(join(tmpdir(), 'sallyport-http-'));
  // Names resolve to one public address: advice connects to nothing, and no test asks a resolver of the world.
  const egress = createEgressGuard({ lookup: async () => ['93.184.216.34'] });
  const lines: string[] = [];
  const reasons: { code: string; detail: string }[] = [];
  const skills = await loadSkills(fileURLToPath(new URL('../../../skills', import.meta.url)));
  const shared = {
    db: database.api,
    peppers,
    issuers: options.issuers ?? NO_ISSUERS,
    rates: { ...LOOSE, ...options.rates },
    egress: {
      guard: egress,
      deployment: parseLists(options.egressLists ?? OPEN_LISTS),
      lists: options.egressLists ?? OPEN_LISTS,
    },
    blobs: sealBlobs(createLocalBlobs({ root }), { sealing }),
    links: createLinks(database.api, new Map([[1, new Uint8Array(32).fill(5)]]), options.linkDoors),
    skills,
    console: options.console ?? NO_CONSOLE,
    models: { names: ['rehearsal', 'gullible'], ruleBased: ['rehearsal', 'gullible'], fallback: 'rehearsal' },
    log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
    listen: { host: '127.0.0.1', port: 0, publicUrl: options.publicUrl, trustedProxies: [] },
    disk: { full: async () => false },
    posture: createPosture({
      config: readConfig({ env: {}, flags: {} }),
      api: database.api,
      skills,
      disk: { full: async () => false },
    }),
    readiness: async () => reasons,
  };
  const billing = await options.billing?.({ db: database.api, log: shared.log });
  const startNode = async (): Promise<Node & { readonly deps: HttpDeps }> => {
    const listener = await openListener(database.connect.direct, () => undefined);
    const signals = await openSignals(listener, () => undefined);
    const deps = { ...shared, signals, billing };
    const http = await startHttp(deps);
    const close = async (): Promise<void> => {
      await http.close();
      signals.close();
      await listener.close();
    };
    return { url: http.url, signals, deps, close };
  };
  const nodes: (Node & { readonly deps: HttpDeps })[] = [];
  for (let count = 0; count < Math.max(options.nodes ?? 1, LEAST_NODES); count++) nodes.push(await startNode());
  const operator = firstBootOperator();
  const tenantA = await createTenant(database.api, peppers, operator, 'A');
  const tenantB = await createTenant(database.api, peppers, operator, 'B');
  const operatorKey = (await useOperatorKey(database.api, peppers, undefined, () => undefined)) ?? '';
  const deps = nodes[0]?.deps;
  if (deps === undefined) throw new Error('no node was started');
  return {
    database,
    nodes,
    tenantA,
    tenantB,
    operatorKey,
    deps,
    lines,
    reasons,
    ask: (path, asked, node = turn(options.nodes ?? 1)) => ask(`${nodes[node]?.url}${path}`, asked),
    principal: async (text) => {
      const key = parseKey(text);
      const verdict = key === undefined ? undefined : await verifyKey(database.api, peppers, key, Date.now());
      if (verdict?.ok !== true) throw new Error('the key of a test must be good');
      return verdict.principal;
    },
    close: async () => {
      for (const node of nodes) await node.close();
      await egress.close();
      await database.drop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

let turns = 0;

/** A test that opened several nodes by itself says which one it means. */
function turn(wanted: number): number {
  turns += 1;
  return wanted > 1 ? 0 : turns % LEAST_NODES;
}

async function ask(url: string, asked: Asked = {}): Promise<Answer> {
  const body = asked.json === undefined ? asked.body : JSON.stringify(asked.json);
  const response = await fetch(url, {
    method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(asked.key === undefined ? {} : { authorization: `Bearer ${asked.key}` }),
      ...(asked.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    },
    ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']>, duplex: 'half' }),
  });
  const text = await response.text();
  const isJson = text !== '' && /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
  const { pathname } = new URL(url);
  demandDocumented(asked.method ?? (body === undefined ? 'GET' : 'POST'), pathname, answer);
  return answer;
}

/** Sends bytes as they are, for what a proper client cannot say; answers all that came until the server closed. */
export async function sendRaw(url: string, lines: readonly string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`${[...lines, '', ''].join('\r\n')}${body}`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

// A whole node with two tenants that have something of everything, and empty places to restore into.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ensureDatabase } from '../../src/db/db.ts';
import { type Config, createLog, type Log, readConfig, serve } from '../../src/main.ts';
import { TEST_MASTER_KEY, type TestDatabase } from '../database.ts';
import { beginNode, databaseUrl, type Environment, type StartingNode } from '../node.ts';

export const silent: Log = createLog({ level: 'error', write: () => undefined });

export interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer and asserts on it
  readonly json: any;
}

export async function ask(url: string, key: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
  const response = await fetch(`${url}${path}`, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    text,
    json: /^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '')
      ? JSON.parse(text)
      : undefined,
  };
}

export const post = (url: string, key: string, path: string, body: unknown, method = 'POST'): Promise<Answer> =>
  ask(url, key, path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export interface House {
  readonly node: StartingNode;
  readonly url: string;
  readonly operator: string;
  clear(): Promise<void>;
}

export async function openHouse(database: TestDatabase, env: Environment = {}): Promise<House> {
  const node = await beginNode(database, 0, env);
  const served = await node.served.catch(async (error: unknown) => {
    await node.clear();
    throw error;
  });
  const operator = (await readFile(join(node.data, 'operator-key'), 'utf8')).trim();
  return { node, url: served.url, operator, clear: () => node.clear() };
}

export interface Resident {
  readonly tenantId: string;
  readonly name: string;
  readonly key: string;
  readonly text: string;
  readonly artifact: string;
  readonly run: string;
}

/** A tenant with an upload, a finished run with what it made, and a second key. */
export async function settle(house: Pick<House, 'url' | 'operator'>, name: string): Promise<Resident> {
  const { url, operator } = house;
  const made = await post(url, operator, '/v1/tenants', { name });
  assert.equal(made.status, 201, made.text);
  const { tenant_id: tenantId, api_key: key } = made.json;
  return { tenantId, ...(await furnishTenant(url, key, name)) };
}

/** An upload, a finished run with what it made, and a second key. */
export async function furnishTenant(url: string, key: string, name: string): Promise<Omit<Resident, 'tenantId'>> {
  const text = `The papers of ${name}: ${randomBytes(12).toString('hex')}. They are three pages long and speak of gates.`;
  const uploaded = await ask(url, key, '/v1/artifacts', {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'content-disposition': 'attachment; filename="papers.txt"' },
    body: text,
  });
  assert.equal(uploaded.status, 201, uploaded.text);
  const artifact: string = uploaded.json.id;
  const begun = await post(url, key, '/v1/runs', {
    skill: 'document-digest',
    task: `Summarise ${name}`,
    input: { artifacts: [artifact] },
  });
  assert.equal(begun.status, 201, begun.text);
  const run: string = begun.json.id;
  await until(async () => (await ask(url, key, `/v1/runs/${run}`)).json.status === 'succeeded');
  const second = await post(url, key, '/v1/api-keys', { name: 'second' });
  assert.equal(second.status, 201, second.text);
  return { name, key, text, artifact, run };
}

/** A run that is at work on a page that never comes. */
export async function beginSlowRun(house: Pick<House, 'url'>, key: string, page: string): Promise<string> {
  const begun = await post(house.url, key, '/v1/runs', {
    skill: 'web-digest',
    task: 'Read the page',
    input: { urls: [page] },
  });
  assert.equal(begun.status, 201, begun.text);
  await until(async () => (await ask(house.url, key, `/v1/runs/${begun.json.id}`)).json.status === 'running');
  return begun.json.id;
}

export async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await delay(25);
}

export interface EmptyPlace {
  readonly config: Config;
  readonly data: string;
  admin(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  environment: Record<string, string>;
  clear(): Promise<void>;
}

/** A database without anything, and a folder that is not there yet. */
export async function emptyPlace(database: TestDatabase, env: Environment = {}): Promise<EmptyPlace> {
  const parent = await mkdtemp(join(tmpdir(), 'sallyport-restore-'));
  const name = `sptest_${randomBytes(8).toString('hex')}`;
  const { host, port, user } = database.connect.direct;
  await ensureDatabase({ host, port, user, database: 'postgres' }, name);
  const environment = {
    SALLYPORT_DATA: join(parent, 'data'),
    SALLYPORT_PORT: '0',
    DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`,
    SALLYPORT_ROLE_PREFIX: database.prefix,
    SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
    ...env,
  };
  const at = async <T>(where: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ host, port, user, database: where });
    await client.connect();
    return work(client).finally(() => client.end());
  };
  return {
    config: readConfig({ env: environment, flags: {} }),
    data: environment.SALLYPORT_DATA,
    environment,
    admin: (text, values) => at(name, async (client) => (await client.query(text, values)).rows),
    clear: async () => {
      await at('postgres', (client) => client.query(`drop database if exists ${name} with (force)`));
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/** Count and checksum of each table, of all tenants. What is of one node only, or moves by itself, is left out. */
export async function sumsOf(admin: EmptyPlace['admin']): Promise<Record<string, string>> {
  const names = await admin(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('app', 'sys') and c.relkind in ('r', 'p') and c.relpersistence = 'p' order by 1`,
  );
  const sums: Record<string, string> = {};
  for (const { name } of names) {
    const [row] = await admin(
      `select count(1) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '') as sum from ${String(name)} t`,
    );
    sums[String(name)] = String(row?.sum);
  }
  return sums;
}

/** A node whose master key lies in its folder, as it does unless a setting says otherwise. */
export async function openFolderHouse(
  database: TestDatabase,
  env: Environment = {},
): Promise<{
  readonly url: string;
  readonly operator: string;
  readonly config: Config;
  readonly data: string;
  clear(): Promise<void>;
}> {
  const data = await mkdtemp(join(tmpdir(), 'sallyport-house-'));
  await mkdir(join(data, 'keys'), { mode: 0o700 });
  await writeFile(join(data, 'keys', 'master-1'), `${TEST_MASTER_KEY}\n`, { mode: 0o600 });
  const config = readConfig({
    env: {
      SALLYPORT_DATA: data,
      SALLYPORT_PORT: '0',
      DATABASE_URL: databaseUrl(database),
      SALLYPORT_ROLE_PREFIX: database.prefix,
      ...env,
    },
    flags: {},
  });
  const served = await serve(config, silent);
  const operator = (await readFile(join(data, 'operator-key'), 'utf8').catch(() => '')).trim();
  return {
    ...{ url: served.url, operator, config, data },
    clear: async () => {
      await served.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

// A whole house: nodes as people start them, each a process of its own, on one database and one store of blobs. With an S3 server in the
// environment (scripts/radosgw.sh) the blobs rest there, otherwise in a folder that the nodes share.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { TEST_MASTER_KEY, type TestDatabase } from '../database.ts';
import { databaseUrl, placeKeys } from '../node.ts';

const BIN = fileURLToPath(new URL('../../../cli/bin/sallyport.mjs', import.meta.url));
const LEAST_WAIT_MS = 20;

export interface Line {
  readonly event: string;
  readonly [name: string]: unknown;
}

export interface HouseNode {
  readonly data: string;
  /** What it logged so far. */
  readonly lines: readonly Line[];
  /** Settles with the status of the process, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
}

export interface ApiNode extends HouseNode {
  readonly url: string;
  readonly consoleLink: string;
  readonly firstKey: string | undefined;
}

export interface Said {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer and asserts on it
  readonly json: any;
  readonly headers: Headers;
}

export interface House {
  readonly database: TestDatabase;
  /** Of the first tenant. */
  readonly key: string;
  readonly operatorKey: string;
  readonly apis: ApiNode[];
  readonly workers: HouseNode[];
  addApi(env?: Environment): Promise<ApiNode>;
  addWorker(env?: Environment): Promise<HouseNode>;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

async function s3Settings(): Promise<Environment | undefined> {
  const env = (name: string): string => process.env[`SALLYPORT_TEST_S3_${name}`] ?? '';
  const endpoint = env('ENDPOINT');
  if (endpoint === '') return undefined;
  const access = { accessKeyId: env('ACCESS_KEY_ID'), secretAccessKey: env('SECRET_ACCESS_KEY') };
  const admin = new S3Client({ endpoint, region: env('REGION'), forcePathStyle: true, credentials: access });
  const bucket = `sallyport-house-${randomBytes(6).toString('hex')}`;
  await admin.send(new CreateBucketCommand({ Bucket: bucket }));
  admin.destroy();
  return {
    SALLYPORT_BLOBS: 's3',
    SALLYPORT_S3_ENDPOINT: endpoint,
    SALLYPORT_S3_REGION: env('REGION'),
    SALLYPORT_S3_BUCKET: bucket,
    SALLYPORT_S3_ACCESS_KEY_ID: access.accessKeyId,
    SALLYPORT_S3_SECRET_ACCESS_KEY: access.secretAccessKey,
    SALLYPORT_S3_FORCE_PATH_STYLE: 'true',
  };
}

function spawnNode(home: string, words: readonly string[], env: Environment): { node: HouseNode; child: ChildProcess } {
  const data = mkdtempSync(join(home, 'node-'));
  const child = spawn(process.execPath, [BIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: home, SALLYPORT_DATA: data, ...env },
  });
  const lines: Line[] = [];
  createInterface({ input: child.stderr }).on('line', (line) =>
    lines.push(line.startsWith('{') ? JSON.parse(line) : { event: 'said', text: line }),
  );
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (status, signal) => resolve(signal ?? status)),
  );
  return { node: { data, lines, ended, kill: (signal) => void child.kill(signal) }, child };
}

export async function eventually<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(LEAST_WAIT_MS);
  }
}

/** The line that a node logs once; throws when the node ends before. */
export function logged(node: HouseNode, is: (line: Line) => boolean): Promise<Line> {
  let ended: unknown;
  void node.ended.then((how) => {
    ended = how;
  });
  return eventually(() => {
    const found = node.lines.find(is);
    if (found === undefined && ended !== undefined)
      throw new Error(
        `the node ended with ${String(ended)}: ${node.lines
          .slice(-5)
          .map((line) => JSON.stringify(line))
          .join('\n')}`,
      );
    return found;
  });
}

export async function beginApi(home: string, env: Environment): Promise<{ node: HouseNode; ready: Promise<ApiNode> }> {
  const { node, child } = spawnNode(home, ['serve', '--json', '--port', '0'], { SALLYPORT_ROLES: 'api', ...env });
  const first = new Promise<string>((resolve, reject) => {
    assert.ok(child.stdout !== null);
    createInterface({ input: child.stdout }).once('line', resolve);
    void node.ended.then(() => reject(new Error(node.lines.map((line) => JSON.stringify(line)).join('\n'))));
  });
  const ready = first.then((line): ApiNode => {
    const { url, console_link: consoleLink, api_key: firstKey } = JSON.parse(line) as Record<string, string>;
    return { ...node, url: url ?? '', consoleLink: consoleLink ?? '', firstKey };
  });
  ready.catch(() => undefined);
  return { node, ready };
}

export async function houseSettings(database: TestDatabase, home: string): Promise<Environment> {
  const keys = join(home, 'keys');
  await placeKeys(keys);
  writeFileSync(join(keys, 'master-1'), `${TEST_MASTER_KEY}\n`, { mode: 0o600 });
  return {
    DATABASE_URL: databaseUrl(database),
    SALLYPORT_ROLE_PREFIX: database.prefix,
    SALLYPORT_KEY_FOLDER: keys,
    ...((await s3Settings()) ?? { SALLYPORT_BLOB_FOLDER: join(home, 'blobs') }),
  };
}

/** Two nodes with the API and two workers, ready. */
export async function openHouse(database: TestDatabase, env: Environment = {}): Promise<House> {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-house-'));
  const settings = { ...(await houseSettings(database, home)), ...env };
  const apis: ApiNode[] = [];
  const workers: HouseNode[] = [];
  const addApi = async (extra: Environment = {}): Promise<ApiNode> => {
    const api = await (await beginApi(home, { ...settings, ...extra })).ready;
    apis.push(api);
    return api;
  };
  const addWorker = async (extra: Environment = {}): Promise<HouseNode> => {
    const { node } = spawnNode(home, ['worker'], { ...settings, ...extra });
    workers.push(node);
    await logged(node, ({ event }) => event === 'worker.ready');
    return node;
  };
  const first = await addApi();
  await Promise.all([addApi(), addWorker(), addWorker()]);
  const operatorKey = readFileSync(join(first.data, 'operator-key'), 'utf8').trim();
  return {
    ...{ database, operatorKey, apis, workers, addApi, addWorker },
    key: first.firstKey ?? '',
    close: async () => {
      for (const node of [...apis, ...workers]) node.kill('SIGKILL');
      await Promise.all([...apis, ...workers].map((node) => node.ended));
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export interface Asked {
  readonly key?: string;
  readonly json?: unknown;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function ask(node: ApiNode, path: string, asked: Asked = {}): Promise<Said> {
  const response = await fetch(`${node.url}${path}`, {
    method: asked.method ?? (asked.json === undefined ? 'GET' : 'POST'),
    headers: {
      ...(asked.key === undefined ? {} : { authorization: `Bearer ${asked.key}` }),
      ...(asked.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    },
    ...(asked.json === undefined ? {} : { body: JSON.stringify(asked.json) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text.startsWith('{') ? JSON.parse(text) : text };
}

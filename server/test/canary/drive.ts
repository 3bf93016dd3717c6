// Drives one server through everything that a credential or a document can pass, well and badly, and gathers all that it said and left.
import { type ChildProcess, fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AUDIENCE, goodClaims, goodHeader, makeKey, makeToken, type SigningKey } from '../http/issuer.ts';
import { type Canaries, createCanaries, longText } from './canaries.ts';
import { askCommands } from './commands.ts';
import { asSuperuser, filesBelow, type Haystack, tablesOf } from './search.ts';
import { openUpstreams, type Upstreams } from './upstreams.ts';

export type Doors = 'both' | 'outer' | 'inner' | 'none';

export interface Driven {
  readonly canaries: Canaries['all'];
  readonly haystacks: readonly Haystack[];
  /** What was asked of the upstreams: that a credential was really used. */
  readonly asked: string;
}

interface Ready {
  readonly url: string;
  readonly apiKey: string;
  readonly consoleLink: string;
}

const PROGRAM = fileURLToPath(new URL('./careless-process.ts', import.meta.url));
const ISSUER = 'https://issuer.example/';

/** One server and what is known of it. */
export interface Scene {
  readonly data: string;
  readonly url: string;
  readonly apiKey: string;
  readonly masterKey: string;
  readonly canaries: Canaries;
  readonly upstreams: Upstreams;
  readonly haystacks: Haystack[];
}

interface Planted {
  readonly environment: Readonly<Record<string, string>>;
  readonly webhookSecret: string;
  readonly signing: SigningKey;
}

async function plantSettings(canaries: Canaries, upstreams: Upstreams, data: string): Promise<Planted> {
  const signing = makeKey('ES256', 'first');
  const keySet = join(data, '..', 'issuer-keys.json');
  await writeFile(keySet, JSON.stringify({ keys: [signing.jwk] }));
  const webhookSecret = canaries.plant('Stripe webhook secret', 'credential', (word) => `whsec_${word}`);
  const environment = {
    SALLYPORT_DATA: data,
    SALLYPORT_PORT: '0',
    SALLYPORT_METRICS: 'on',
    SALLYPORT_LOG_LEVEL: 'debug',
    SALLYPORT_MASTER_KEY: canaries.plant('master key', 'credential', (word) => `${word}${word}${word}`.slice(0, 64)),
    SALLYPORT_MODEL_BASE_URL: `${upstreams.model.url}/v1`,
    SALLYPORT_MODEL_NAMES: 'obliging,refusing',
    SALLYPORT_MODEL_API_KEY: canaries.plant('model key', 'credential'),
    SALLYPORT_READER_URL: upstreams.reader.url,
    SALLYPORT_READER_API_KEY: canaries.plant('reader key', 'credential'),
    SALLYPORT_STRIPE_MODE: 'test',
    SALLYPORT_STRIPE_API_KEY: canaries.plant('Stripe key', 'credential', (word) => `rk_test_${word}`),
    SALLYPORT_STRIPE_WEBHOOK_SECRETS: webhookSecret,
    SALLYPORT_BLOBS: 's3',
    SALLYPORT_S3_ENDPOINT: upstreams.s3.url,
    SALLYPORT_S3_BUCKET: 'bucket',
    SALLYPORT_S3_ACCESS_KEY_ID: 'AKIACANARY',
    SALLYPORT_S3_SECRET_ACCESS_KEY: canaries.plant('S3 secret', 'credential'),
    SALLYPORT_TRACES_URL: `${upstreams.collector.url}/v1/traces`,
    SALLYPORT_TRACES_AUTHORIZATION: canaries.plant('collector key', 'credential', (word) => `Bearer ${word}`),
    SALLYPORT_EGRESS_ALLOW: [upstreams.site, upstreams.reader].map(({ port }) => `127.0.0.1/32:${port}`).join(','),
    SALLYPORT_JWT_ISSUERS: JSON.stringify([
      { issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'], key_set_file: keySet },
    ]),
  };
  return { environment, webhookSecret, signing };
}

interface Process {
  readonly ready: Ready;
  /** Ends it in order and answers what it printed. */
  end(): Promise<readonly Haystack[]>;
}

async function startProcess(doors: Doors, environment: Readonly<Record<string, string>>): Promise<Process> {
  const child: ChildProcess = fork(PROGRAM, [doors], {
    env: { PATH: process.env.PATH ?? '', HOME: environment.SALLYPORT_DATA ?? '', ...environment },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const said: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout?.on('data', (chunk: Buffer) => said.stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => said.stderr.push(chunk));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ready));
    child.once('close', () => reject(new Error(`the server did not start: ${Buffer.concat(said.stderr)}`)));
  });
  return {
    ready,
    end: async () => {
      if (child.connected) child.send('end');
      await closed;
      return [
        { place: 'stdout', bytes: Buffer.concat(said.stdout) },
        { place: 'stderr', bytes: Buffer.concat(said.stderr) },
      ];
    },
  };
}

type Ask = (
  place: string,
  path: string,
  init?: {
    method?: string;
    key?: string;
    json?: unknown;
    body?: string | Uint8Array;
    headers?: Record<string, string>;
  },
) => Promise<{ status: number; text: string; headers: Headers }>;

/** Every answer is searched, whatever its status: head and body. */
function asker({ url, apiKey, haystacks }: Pick<Scene, 'url' | 'apiKey' | 'haystacks'>): Ask {
  return async (place, path, init = {}) => {
    const { method, key = apiKey, json, body = json === undefined ? undefined : JSON.stringify(json) } = init;
    const answer = await fetch(`${url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    haystacks.push({
      place: `answer: ${place}`,
      bytes: Buffer.from(`${JSON.stringify([...answer.headers])}\n${text}`),
    });
    return { status: answer.status, text, headers: answer.headers };
  };
}

const field = (text: string, name: string): string => String((JSON.parse(text) as Record<string, unknown>)[name] ?? '');
const tail = (key: string): string => key.slice(-49);

/** Credentials that the server makes, each used well and badly. */
async function useCredentials(scene: Scene, ask: Ask, planted: Planted, consoleLink: string): Promise<void> {
  const { canaries } = scene;
  canaries.planted('API key', tail(scene.apiKey));
  const operatorKey = readFileSync(join(scene.data, 'operator-key'), 'utf8').trim();
  canaries.planted('operator key', tail(operatorKey));
  for (const [slot, name] of [
    ['pepper', 'pepper-1'],
    ['link key', 'links-1'],
    ['certificate key', 'certificates-1'],
  ] as const)
    canaries.planted(slot, readFileSync(join(scene.data, 'keys', name), 'utf8').trim());
  for (const path of ['/metrics', '/v1/posture', '/v1/tenants', '/v1/operator/audit/export'])
    await ask(path, path, { key: operatorKey });
  const token = canaries.planted('sign-in link', new URL(consoleLink).hash.slice(1));
  const signed = await ask('sign in', '/v1/session', { key: '', json: { token } });
  const cookie = canaries.planted('session cookie', /=([^;]+)/.exec(signed.headers.get('set-cookie') ?? '')?.[1] ?? '');
  await ask('me by cookie', '/v1/me', { key: '', headers: { cookie: `sallyport=${cookie}` } });
  await ask('sign in again', '/v1/session', { key: '', json: { token } });
  const people = JSON.parse((await ask('people', '/v1/users')).text) as { data: { id: string }[] };
  const person = people.data[0]?.id ?? '';
  const invited = await ask('invite', `/v1/users/${person}/sign-in-link`, { method: 'POST' });
  canaries.planted('invitation', field(invited.text, 'token'));
  await ask('name a person', `/v1/users/${person}/identities`, { json: { issuer: ISSUER, subject: 'somebody' } });
  const jwt = makeToken(planted.signing, goodHeader(planted.signing), goodClaims(ISSUER));
  canaries.planted('JWT', jwt.split('.')[2] ?? '');
  await ask('me by token', '/v1/me', { key: jwt });
  const forged = makeToken(makeKey('ES256', 'first'), goodHeader(planted.signing), goodClaims(ISSUER));
  canaries.planted('forged JWT', forged.split('.')[2] ?? '');
  await ask('me by forged token', '/v1/me', { key: forged });
  const made = await ask('make a key', '/v1/api-keys', { json: { name: 'exposed' } });
  const exposed = field(made.text, 'api_key') || field(made.text, 'key');
  canaries.planted('key for the query string', tail(exposed));
  const rotated = await ask('rotate a key', `/v1/api-keys/${field(made.text, 'id')}/rotate`, {
    json: { overlap_seconds: 60 },
  });
  canaries.planted('rotated key', tail(field(rotated.text, 'api_key') || field(rotated.text, 'key')));
  await ask('key in the query', `/v1/runs?api_key=${exposed}`);
  await ask('operator key in the query', `/v1/me?x=${encodeURIComponent(operatorKey)}`);
  await ask('operator key for a tenant', '/v1/runs', { key: operatorKey });
}

/** What is no credential of ours, at every place that takes one, and what is no request. */
async function sendNonsense({ canaries }: Scene, ask: Ask, webhookSecret: string): Promise<void> {
  const plant = (slot: string): string => canaries.plant(slot, 'credential');
  const nameless = (slot: string): string => canaries.plant(slot, 'nameless');
  await ask('query', `/v1/runs?access_token=${plant('query string')}&limit=x`);
  await ask('foreign cookie', '/v1/me', {
    key: '',
    headers: { cookie: `sallyport=${plant('foreign cookie')}; a=${plant('cookie')}` },
  });
  await ask('foreign key', '/v1/me', { key: `sp_live_${plant('garbled key')}` });
  await ask('basic', '/v1/me', {
    key: '',
    headers: { authorization: `Basic ${Buffer.from(`a:${plant('password')}`).toString('base64')}` },
  });
  await ask('key header', '/v1/me', { key: '', headers: { 'x-api-key': plant('key header') } });
  await ask('path', `/v1/runs/${nameless('path')}`);
  await ask('unknown path', `/${nameless('unknown path')}`);
  await ask('broken body', '/v1/runs', {
    body: `{"password":"${plant('broken body')}`,
    headers: { 'content-type': 'application/json' },
  });
  await ask('unknown field', '/v1/runs', {
    json: { skill: 'web-digest', task: 'x', password: plant('unknown field') },
  });
  await ask('bad header', '/v1/runs', {
    json: {},
    headers: { 'idempotency-key': nameless('idempotency key'), traceparent: nameless('trace') },
  });
  await ask('bad trace', '/v1/me', {
    headers: { tracestate: `a=${nameless('trace state')}`, baggage: `user=${nameless('baggage')}` },
  });
  const card = canaries.plant('card of a payment', 'credential');
  const event = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'payment_method.attached',
    livemode: false,
    created: 1,
    api_version: 'x',
    data: { object: { id: 'pm_1', object: 'payment_method', customer: 'cus_1', metadata: { card } } },
  });
  const time = Math.floor(Date.now() / 1_000);
  const sign = (secret: string): string => createHmac('sha256', secret).update(`${time}.${event}`).digest('hex');
  const v1 = canaries.planted('webhook signature', sign(plant('foreign webhook secret')));
  await ask('forged event', '/v1/stripe/webhook', {
    key: '',
    body: event,
    headers: { 'stripe-signature': `t=${time},v1=${v1}` },
  });
  const good = canaries.planted('good webhook signature', sign(webhookSecret));
  await ask('signed event', '/v1/stripe/webhook', {
    key: '',
    body: event,
    headers: { 'stripe-signature': `t=${time},v1=${good}` },
  });
}

async function ended(ask: Ask, id: string): Promise<void> {
  for (const until = performance.now() + 60_000; performance.now() < until; await delay(100)) {
    const status = field((await ask('run', `/v1/runs/${id}`)).text, 'status');
    if (['succeeded', 'failed', 'cancelled'].includes(status)) return;
  }
  throw new Error(`run ${id} did not end`);
}

/** Runs that go well, are refused by the provider, meet a broken page, and go by the reader service with the tenant's own key. */
async function driveRuns(
  { canaries, upstreams }: Scene,
  ask: Ask,
  work: { document: { id: string } },
): Promise<string> {
  const content = (slot: string): string => canaries.plant(slot, 'content');
  const uploaded = await ask('upload', '/v1/artifacts', {
    body: longText(content('document')),
    headers: {
      'content-type': 'text/plain',
      'content-disposition': `attachment; filename="${canaries.plant('file name', 'nameless')}.txt"`,
    },
  });
  work.document.id = field(uploaded.text, 'id');
  const link = await ask('sign a link', `/v1/artifacts/${work.document.id}/signed-url`, { json: {} });
  const signedPath = field(link.text, 'url');
  canaries.planted('signed link', new URL(signedPath, 'http://x').searchParams.get('sig') ?? signedPath.slice(-43));
  await ask('content', signedPath, { key: '' });
  await ask('altered link', `${signedPath.slice(0, -2)}AA`, { key: '' });
  const start = async (place: string, model: string, urls: readonly string[]): Promise<string> => {
    const task = longText(`Digest it, by ${content('task')}`);
    const made = await ask(place, '/v1/runs', {
      json: {
        ...{ task, model },
        // What was uploaded is private: the skill that reads public pages alone is not given it.
        ...(urls.length > 0
          ? { skill: 'web-digest', input: { urls } }
          : { skill: 'document-digest', input: { artifacts: [work.document.id] } }),
      },
    });
    if (made.status !== 201) throw new Error(`no run: ${made.text}`);
    const id = field(made.text, 'id');
    await ended(ask, id);
    return id;
  };
  const { url } = upstreams.site;
  const first = await start('run', 'obliging', [`${url}/page?token=${content('query of a page')}`]);
  await start('run', 'refusing', [`${url}/page`]);
  await start('run', 'obliging', []);
  await start('run', 'rehearsal', [
    `${url}/broken?signature=${content('query of a broken page')}`,
    `http://169.254.169.254/latest/${content('closed page')}`,
  ]);
  const secret = {
    name: 'reader',
    value: canaries.plant('tenant secret', 'credential'),
    hosts: [`127.0.0.1:${upstreams.reader.port}`],
  };
  await ask('keep a secret', '/v1/secrets', { json: secret });
  await ask('use the reader', '/v1/egress/policy', { method: 'PUT', json: { reader: true } });
  await start('run', 'rehearsal', [`${url}/page?read=1`]);
  return first;
}

/** The database refuses a row that holds a task, and its own log is asked afterwards. */
async function breakDatabase({ data, canaries }: Scene, ask: Ask): Promise<void> {
  await asSuperuser(data, 'alter table app.runs add constraint refused check (epoch < 0) not valid');
  const task = canaries.plant('task that the database refused', 'content');
  await ask('refused by the database', '/v1/runs', { json: { skill: 'web-digest', task } });
  await asSuperuser(data, 'alter table app.runs drop constraint refused');
  await asSuperuser(data, 'alter table app.runs rename column task to moved');
  await ask('broken statement', '/v1/runs', {
    json: { skill: 'web-digest', task: canaries.plant('task of a broken statement', 'content') },
  });
  await asSuperuser(data, 'alter table app.runs rename column moved to task');
}

async function readEverything(ask: Ask, run: string, document: string): Promise<void> {
  for (const [place, path] of [
    ['events', `/v1/runs/${run}/events`],
    ['export', `/v1/runs/${run}/export`],
    ['content', `/v1/artifacts/${document}/content`],
    ['entities', '/v1/entities'],
    ['effects', `/v1/runs/${run}/effects`],
    ['usage', '/v1/usage'],
    ['audit', '/v1/audit'],
    ['audit export', '/v1/audit/export'],
    ['secrets', '/v1/secrets'],
    ['keys', '/v1/api-keys'],
    ['egress policy', '/v1/egress/policy'],
    ['posture of a tenant', '/v1/posture'],
    ['reference', '/openapi.json'],
  ] as const)
    await ask(place, path);
}

async function clear(root: string, data: string): Promise<void> {
  const instance = join(data, 'instance.json');
  if (existsSync(instance)) {
    const { id } = JSON.parse(readFileSync(instance, 'utf8')) as { id: string };
    await rm(join('/var/lib/sallyport/db', id), { recursive: true, force: true });
  }
  await rm(root, { recursive: true, force: true });
}

/** Everything below the data folder, and the cluster where root keeps it; the binaries are not ours. */
function filesOf(data: string): Haystack[] {
  const { id } = JSON.parse(readFileSync(join(data, 'instance.json'), 'utf8')) as { id: string };
  const cluster = join('/var/lib/sallyport/db', id);
  const own = filesBelow(data, 'file').filter(({ place }) => !place.startsWith('file: pg/'));
  return existsSync(cluster) ? [...own, ...filesBelow(cluster, 'cluster')] : own;
}

export async function drive(doors: Doors): Promise<Driven> {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-canary-'));
  const data = join(root, 'data');
  const canaries = createCanaries();
  const page = canaries.plant('page', 'content');
  const argument = canaries.plant('tool argument', 'content');
  const document = { id: '' };
  const upstreams = await openUpstreams({
    page: `<html><head><title>${page}</title></head><body><article><p>${longText(page)}</p></article></body></html>`,
    calls: () => [
      { name: 'artifact_read', arguments: { artifact_id: document.id } },
      { name: 'web_scrape', arguments: { url: `http://elsewhere.example/?api_key=${argument}` } },
      {
        name: 'artifact_write',
        arguments: { name: argument, media_type: 'text/plain', content: `found ${page} ${argument}` },
      },
      {
        name: 'entity_save',
        arguments: { type: 'page@1', attributes: { url: 'https://a.example/', title: argument, summary: page } },
      },
    ],
    answer: `It says ${page}.`,
  });
  try {
    const planted = await plantSettings(canaries, upstreams, data);
    const server = await startProcess(doors, planted.environment);
    const haystacks: Haystack[] = [];
    const { url, apiKey } = server.ready;
    const masterKey = planted.environment.SALLYPORT_MASTER_KEY ?? '';
    const scene: Scene = { data, url, apiKey, masterKey, canaries, upstreams, haystacks };
    const ask = asker(scene);
    try {
      // Billing is on, so runs need a tenant that pays.
      await asSuperuser(
        data,
        `insert into app.billing_subscriptions (tenant_id, mode, subscription_id, status, ticket, period_end)
         select tenant_id, 'test', 'sub_1', 'active', 1, now() + interval '1 day' from app.tenants`,
      );
      const run = await driveRuns(scene, ask, { document });
      await useCredentials(scene, ask, planted, server.ready.consoleLink);
      await sendNonsense(scene, ask, planted.webhookSecret);
      await breakDatabase(scene, ask);
      await readEverything(ask, run, document.id);
      if (doors === 'both') haystacks.push(...(await askCommands(scene, run)), ...(await tablesOf(data)));
    } finally {
      haystacks.push(...(await server.end()));
    }
    haystacks.push({ place: 'traces', bytes: Buffer.from(upstreams.spans.join('\n')) });
    if (doors === 'both') {
      haystacks.push(...filesOf(data));
      for (const [name, bytes] of upstreams.stored) haystacks.push({ place: `stored: ${name}`, bytes });
    }
    return { canaries: canaries.all, haystacks, asked: upstreams.asked.join('\n') };
  } finally {
    await upstreams.close();
    await clear(root, data);
  }
}

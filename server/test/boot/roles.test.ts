// What a node does is what its roles say; nodes of one database hold the same keys, and a node that is told to end says so first.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Fault } from '../../src/errors.ts';
import { ROUTES } from '../../src/http/http.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { ask, beginNode, beginWorkerNode, freePort, placeKeys, type StartingNode, until } from '../node.ts';

let database: TestDatabase;
let api: StartingNode;
let key = '';
before(async () => {
  database = await testDatabase();
  api = await beginNode(database, await freePort(), { SALLYPORT_ROLES: 'api', SALLYPORT_METRICS: 'on' });
  key = (await api.served).firstBoot?.apiKey ?? '';
});
after(async () => {
  await api.clear();
  await database.drop();
});

const own = (): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });
const operator = (): RequestInit => ({
  headers: { authorization: `Bearer ${readFileSync(join(api.data, 'operator-key'), 'utf8').trim()}` },
});

async function startRun(): Promise<string> {
  const body = { skill: 'document-digest', task: 'Digest it.', input: { artifacts: [await upload()] } };
  const made = await ask(api.port, '/v1/runs', {
    method: 'POST',
    headers: { ...own().headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  return made.json.id;
}

async function upload(): Promise<string> {
  const made = await ask(api.port, '/v1/artifacts', {
    method: 'POST',
    headers: { ...own().headers, 'content-type': 'text/plain', 'content-disposition': 'attachment; filename="a.txt"' },
    body: 'Two doors, and one must be shut before the other opens.',
  });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  return made.json.id;
}

test('a node with the API alone is ready without a worker, takes runs and drives none; a worker joins and drives them', async (t) => {
  await until(api.port, '/readyz', (said) => said.status === 200);
  const { rows } = await database.admin('select count(*)::int as n from sys.workers');
  assert.equal(rows[0]?.n, 0, 'it registered a worker');
  const run = await startRun();
  const { rows: unsealed } = await database.admin('select count(*)::int as n from app.audit_unsealed');
  assert.notEqual(unsealed[0]?.n, 0, 'it did a chore');
  assert.equal((await ask(api.port, `/v1/runs/${run}`, own())).json.status, 'queued');
  const worker = await beginWorkerNode(database, await freePort(), {
    SALLYPORT_BLOB_FOLDER: join(api.data, 'blobs'),
  });
  t.after(() => worker.clear());
  await worker.served;
  const ended = await until(
    api.port,
    `/v1/runs/${run}`,
    (said) => /^(succeeded|failed)$/.test(said.json.status),
    own(),
  );
  assert.equal(ended.json.status, 'succeeded', JSON.stringify(ended.json));
  assert.ok(!readdirSync(worker.data).includes('server.json'));
});

test('a node with the worker alone answers for its own health and nothing else, and its numbers to the operator alone', async (t) => {
  const worker = await beginWorkerNode(database, await freePort(), { SALLYPORT_METRICS: 'on' });
  t.after(() => worker.clear());
  await worker.served;
  await until(worker.port, '/readyz', (said) => said.status === 200);
  assert.deepEqual((await ask(worker.port, '/healthz')).json, { status: 'ok' });
  const health = ['/healthz', '/readyz', '/metrics'];
  for (const route of ROUTES.filter(({ path }) => !health.includes(path))) {
    const path = route.path.replaceAll(/\{\w+\}/g, '0190a000-0000-7000-8000-000000000000');
    const said = await ask(worker.port, path, { ...operator(), method: route.method });
    assert.equal(said.status, 404, `${route.method} ${path}`);
  }
  assert.deepEqual(
    [(await ask(worker.port, '/metrics')).status, (await ask(worker.port, '/metrics', own())).status],
    [401, 403],
  );
  const numbers = await ask(worker.port, '/metrics', operator());
  assert.match(numbers.json, /sallyport_lease_age_seconds \d/);
});

async function refusal(node: StartingNode): Promise<string> {
  const error = await node.served.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Fault && error.code === 'configuration', String(error));
  return error.options.detail ?? '';
}

test('a node whose keys are not those of the others does not start, and says which key and both fingerprints', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await placeKeys(folder);
  const other = 'ab'.repeat(32);
  writeFileSync(join(folder, 'pepper-1'), other);
  const node = await beginNode(database, await freePort(), { SALLYPORT_KEY_FOLDER: folder });
  t.after(() => node.clear());
  const said = await refusal(node);
  assert.match(
    said,
    /pepper-1 here has fingerprint [0-9a-f]{16}, that of the other nodes of this database [0-9a-f]{16};/,
  );
  assert.ok(!said.includes(other));
});

test('where nodes share their keys, none is made: a missing one stops the start and names the command that makes it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await placeKeys(folder);
  rmSync(join(folder, 'links-1'));
  const node = await beginNode(database, await freePort(), { SALLYPORT_KEY_FOLDER: folder });
  t.after(() => node.clear());
  assert.match(await refusal(node), /links-1 is missing; .*openssl rand -hex 32 > /);
  assert.deepEqual(readdirSync(folder).toSorted(), ['certificates-1', 'pepper-1']);
});

test('of nodes that boot a fresh database at once, one makes the keys of the first tenant', async (t) => {
  const fresh = await testDatabase();
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const nodes = await Promise.all(ports.map((port) => beginNode(fresh, port, { SALLYPORT_ROLES: 'api' })));
  t.after(async () => {
    for (const node of nodes) await node.clear();
    await fresh.drop();
  });
  const served = await Promise.all(nodes.map((node) => node.served));
  assert.equal(served.filter(({ firstBoot }) => firstBoot !== undefined).length, 1);
  assert.equal(new Set(served.map(({ tenantId }) => tenantId)).size, 1);
  const { rows } = await fresh.admin('select count(*)::int as n from app.api_keys');
  assert.equal(rows[0]?.n, 1);
  assert.equal(nodes.filter(({ data }) => readdirSync(data).includes('operator-key')).length, 1);
});

test('a node that is told to end says so first, serves what still comes, ends each connection, and then is gone', async (t) => {
  const node = await beginNode(database, await freePort(), { SALLYPORT_ROLES: 'api', SALLYPORT_LEAVE_SECONDS: '2' });
  t.after(() => node.clear());
  const served = await node.served;
  const closed = served.close();
  const leaving = await until(node.port, '/readyz', (said) => said.status === 503);
  assert.deepEqual(leaving.json, { status: 'not_ready', codes: ['leaving'] });
  const me = await ask(node.port, '/v1/me', own());
  assert.deepEqual([me.status, me.headers.get('connection')], [200, 'close']);
  await closed;
  await assert.rejects(fetch(`http://127.0.0.1:${node.port}/healthz`));
});

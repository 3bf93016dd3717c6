// S5, S19, S22: what a node says of itself while it waits, when its disk is full, and when an optional part is away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { listenHttp } from '../../src/http/http.ts';
import { createLog } from '../../src/log.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { ask, beginNode, freePort, until } from '../node.ts';

/** The lock of `migrate`. */
const LOCK = 2_109_001;

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

test('a second node waits for the one that migrates: it lives, says that it is migrating, and then serves', async (t) => {
  const other = new pg.Client({ ...database.connect.direct });
  await other.connect();
  await other.query('select pg_advisory_lock($1)', [LOCK]);
  const node = await beginNode(database, await freePort());
  t.after(async () => {
    await other.end();
    await node.clear();
  });
  const waiting = await until(node.port, '/readyz', (said) => said.json.codes?.[0] === 'migrating');
  assert.deepEqual([waiting.status, waiting.json.status], [503, 'not_ready']);
  assert.match(waiting.json.detail, /^migrating/);
  assert.equal((await ask(node.port, '/healthz')).status, 200);
  const refused = await ask(node.port, '/v1/me', { headers: { authorization: 'Bearer x' } });
  assert.deepEqual([refused.status, refused.json.code, refused.headers.get('retry-after')], [503, 'migrating', '2']);
  const { rows } = await database.admin(
    "select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted",
  );
  assert.equal(rows[0]?.n, 1, 'it waits for the lock of the database, not for a time');
  await other.query('select pg_advisory_unlock($1)', [LOCK]);
  await node.served;
  await until(node.port, '/readyz', (said) => said.status === 200);
  assert.equal((await ask(node.port, '/v1/me')).status, 401);
});

test('readiness counts the steps of a migration, and no other host name reaches a node that waits', async (t) => {
  const log = createLog({ level: 'error', write: () => undefined });
  const listen = { host: '127.0.0.1', port: 0, publicUrl: undefined, trustedProxies: [] };
  const node = await listenHttp({ log, listen });
  t.after(() => node.close());
  const port = Number(new URL(node.url).port);
  assert.deepEqual((await ask(port, '/readyz')).json, { status: 'not_ready', codes: ['starting'], detail: 'starting' });
  assert.equal((await ask(port, '/v1/me')).json.code, 'unavailable');
  node.waitFor({ code: 'migrating', detail: 'migrating 3/9' });
  assert.deepEqual((await ask(port, '/readyz')).json, {
    status: 'not_ready',
    codes: ['migrating'],
    detail: 'migrating 3/9',
  });
  assert.equal((await ask(port, '/nothing')).json.code, 'migrating');
});

test('a full disk refuses runs and uploads by its own code, and readiness names it; reading goes on', async (t) => {
  const own = await testDatabase();
  const node = await beginNode(own, await freePort(), { SALLYPORT_DISK_LIMIT: '1' });
  t.after(async () => {
    await node.clear();
    await own.drop();
  });
  const { firstBoot } = await node.served;
  const ready = await until(node.port, '/readyz', (said) => !said.json.codes?.includes('worker'));
  assert.deepEqual([ready.status, ready.json], [503, { status: 'not_ready', codes: ['disk_full'] }]);
  const headers = { authorization: `Bearer ${firstBoot?.apiKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ skill: 'web-digest', task: 'x' });
  for (const path of ['/v1/runs', '/v1/artifacts']) {
    const refused = await ask(node.port, path, { method: 'POST', headers, body });
    assert.deepEqual([refused.status, refused.json.code], [507, 'disk_full'], path);
  }
  assert.equal((await ask(node.port, '/v1/runs', { headers })).status, 200);
});

test('a model endpoint that is away leaves the node ready', async (t) => {
  const dead = await freePort();
  const node = await beginNode(database, await freePort(), {
    SALLYPORT_MODEL_BASE_URL: `http://127.0.0.1:${dead}/v1`,
    SALLYPORT_MODEL_NAMES: 'some-model',
    SALLYPORT_MODEL: 'some-model',
  });
  t.after(() => node.clear());
  await node.served;
  await until(node.port, '/readyz', (said) => said.status === 200);
});

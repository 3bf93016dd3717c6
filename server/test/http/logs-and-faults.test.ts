import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The lines of one request; the last byte of an answer may come before its line. */
async function linesOf(answer: Answer): Promise<Line[]> {
  const id = answer.headers.get('x-request-id') ?? '?';
  for (;;) {
    const found = api.lines.filter((line) => line.includes(id)).map((line) => JSON.parse(line) as Line);
    if (found.length > 0) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('one line a request: who, what by pattern, how it ended, how long; no path, query, header or body', async () => {
  const { api_key: key, tenant_id: tenantId, user_id: userId } = api.tenantA;
  const who = await api.principal(key);
  const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'CANARY-TASK' } });
  const cases: readonly (readonly [Answer, object])[] = [
    [run, { method: 'POST', route: '/v1/runs', status: 201, tenant_id: tenantId, user_id: userId, key_id: who.keyId }],
    [
      await api.ask(`/v1/runs/${run.json.id}?view=CANARY-QUERY`, { key }),
      { route: '/v1/runs/{id}', status: 400, code: 'invalid_request', tenant_id: tenantId },
    ],
    [
      await api.ask(`/v1/runs/${newId()}`, { key, headers: { 'x-canary': 'CANARY-HEADER' } }),
      { route: '/v1/runs/{id}', status: 404, tenant_id: tenantId },
    ],
    [await api.ask('/CANARY-PATH', { key }), { route: '-', status: 404, tenant_id: '-' }],
    [await api.ask('/v1/runs/%ZZ-CANARY-PATH'), { route: '-', status: 400, tenant_id: '-' }],
    [
      await api.ask('/v1/me', { key: 'sp_live_CANARY' }),
      { route: '/v1/me', status: 401, code: 'unauthenticated', detail: 'garbled_key', tenant_id: '-' },
    ],
    [await api.ask('/v1/tenants', { key: api.operatorKey }), { route: '/v1/tenants', status: 200, tenant_id: '-' }],
    [await api.ask('/healthz'), { route: '/healthz', status: 200, tenant_id: '-' }],
    [
      await api.ask(`/v1/runs/${run.json.id}/export`, { key }),
      { route: '/v1/runs/{id}/export', status: 200, tenant_id: tenantId },
    ],
  ];
  for (const [answer, expected] of cases) {
    const lines = await linesOf(answer);
    assert.equal(lines.length, 1, JSON.stringify(lines));
    const [line] = lines;
    assert.ok(line !== undefined);
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, line[name]])), expected);
    assert.equal(typeof line.duration_ms, 'number');
    assert.equal(line.event, 'request');
  }
  const all = api.lines.join('');
  assert.ok(!all.includes('CANARY'), 'no word of a request is logged');
  for (const secret of [key, api.operatorKey]) assert.ok(!all.includes(secret.slice(-40)));
});

test('what matters to security bears a stable code, and says by what kind of credential it came', async () => {
  const { api_key: key } = api.tenantA;
  const made = await api.ask('/v1/api-keys', { key, json: { name: 'narrow', scopes: ['runs:read'] } });
  const narrow = made.json.api_key ?? made.json.key;
  const id = made.json.id;
  const cases: readonly (readonly [Answer, string | undefined, string])[] = [
    [made, 'key.created', 'key'],
    [await api.ask('/v1/me', { key }), 'authn.passed', 'key'],
    [await api.ask('/v1/tenants', { key: api.operatorKey }), 'authn.passed', 'operator'],
    [await api.ask('/v1/me', { key: `sp_live_${'x'.repeat(30)}` }), 'authn.failed', 'key'],
    [await api.ask('/v1/me', { key: 'eyJhbGciOiJub25lIn0.e30.' }), 'authn.failed', 'token'],
    [await api.ask('/v1/me', { headers: { cookie: 'sallyport=abc' } }), 'authn.failed', 'session'],
    [await api.ask('/v1/me'), 'authn.failed', 'none'],
    [await api.ask('/v1/api-keys', { key: narrow }), 'authz.refused', 'key'],
    [await api.ask(`/v1/runs?view=x`, { key }), 'input.refused', 'key'],
    [await api.ask(`/v1/me?api_key=${narrow}`, { key }), 'credential.exposed', 'key'],
    [await api.ask(`/v1/signed/${newId()}?s=x`), 'input.refused', 'none'],
    [await api.ask(`/v1/api-keys/${id}/revoke`, { key, method: 'POST' }), 'key.revoked', 'key'],
    [await api.ask('/healthz'), undefined, 'none'],
  ];
  for (const [answer, security, by] of cases) {
    const [line] = await linesOf(answer);
    assert.deepEqual([line?.security, line?.by], [security, by], JSON.stringify(line));
  }
});

test('what fails inside is said to the log alone', async () => {
  const { api_key: key } = api.tenantA;
  await api.database.admin('alter table app.runs rename column task to moved');
  try {
    const answer = await api.ask(`/v1/runs/${newId()}`, { key });
    assert.deepEqual(answer.json, {
      type: 'urn:sallyport:problem:database',
      title: 'The database refused the statement.',
      status: 500,
      code: 'database',
    });
    const [line] = await linesOf(answer);
    assert.deepEqual([line?.level, line?.status, line?.code], ['error', 500, 'database']);
    assert.match(String(line?.detail), /42703/);
  } finally {
    await api.database.admin('alter table app.runs rename column moved to task');
  }
});

test('no answer to a broken request holds a stack, a statement or a path of this machine', async () => {
  const { api_key: key } = api.tenantA;
  const answers = [
    await api.ask('/v1/runs', { key, method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }),
    await api.ask('/v1/runs', { key, json: { skill: "web-digest'; drop table runs", task: 'x' } }),
    await api.ask('/v1/runs?cursor=%00', { key }),
    await api.ask('/v1/entities?type=page@99999999999', { key }),
    await api.ask('/v1/entities?type=page@999999', { key }),
    await api.ask('/v1/runs/%00', { key }),
    await api.ask('/v1/artifacts', { key, method: 'POST', body: 'x', headers: { 'content-type': '%' } }),
    await api.ask('/v1/runs/x/events', { key, headers: { accept: 'text/event-stream' } }),
  ];
  for (const answer of answers) {
    assert.ok(answer.status < 500, answer.text);
    assert.doesNotMatch(answer.text, /\bat .*:\d+|\.ts\b|node_modules|node:|select |insert |\/work|\/tmp|sptest/i);
  }
});

test('a node that is not ready says why in codes, and stays alive', async () => {
  assert.deepEqual((await api.ask('/readyz')).json, { status: 'ready', codes: [] });
  api.reasons.push({ code: 'migrating', detail: 'host db.internal, 3 of 9' });
  try {
    const answer = await api.ask('/readyz');
    assert.deepEqual([answer.status, answer.json], [503, { status: 'not_ready', codes: ['migrating'] }]);
    assert.equal((await api.ask('/healthz')).status, 200);
  } finally {
    api.reasons.pop();
  }
});

test('tenants are made by the operator and listed in pages', async () => {
  const made = await api.ask('/v1/tenants', { key: api.operatorKey, json: { name: 'C' } });
  assert.equal(made.status, 201, made.text);
  assert.equal((await api.ask('/v1/me', { key: made.json.api_key })).json.tenant_id, made.json.tenant_id);
  const first = await api.ask('/v1/tenants?limit=1', { key: api.operatorKey });
  assert.deepEqual(
    first.json.data.map((one: { name: string }) => one.name),
    ['C'],
  );
  const next = await api.ask(`/v1/tenants?limit=1&cursor=${first.json.next_cursor}`, { key: api.operatorKey });
  assert.deepEqual(
    next.json.data.map((one: { name: string }) => one.name),
    ['B'],
  );
});

test('skills and entity types are listed with what they ask for', async () => {
  const { api_key: key } = api.tenantA;
  const skills = await api.ask('/v1/skills', { key });
  const web = skills.json.data.find((one: { name: string }) => one.name === 'web-digest');
  assert.deepEqual([web.egress, web.entity_types], [['@input'], ['page@1']]);
  const types = await api.ask('/v1/entity-types', { key });
  assert.ok(
    types.json.data.every(
      (one: { attributes: { additionalProperties: boolean } }) => one.attributes.additionalProperties === false,
    ),
  );
});

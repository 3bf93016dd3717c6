import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { enterKeyed, fingerprint } from '../../src/idempotency/idempotency.ts';
import { type Answer, type Api, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi({ nodes: 2 });
});
after(() => api.close());

const wanted = { skill: 'web-digest', task: 'Read https://example.com/' };
const create = (key: string, idempotencyKey: string, json: unknown = wanted, node = 0): Promise<Answer> =>
  api.ask('/v1/runs', { key, json, headers: { 'idempotency-key': idempotencyKey } }, node);
const countRuns = async (): Promise<number> =>
  Number((await api.database.admin('select count(*) as n from app.runs')).rows[0]?.n);

test('a repeat answers the very bytes of the first time, from any node, and makes no second run', async () => {
  const { api_key: key } = api.tenantA;
  const before = await countRuns();
  const first = await create(key, 'k1');
  const repeat = await create(key, 'k1', { task: wanted.task, skill: wanted.skill }, 1);
  assert.deepEqual([first.status, repeat.status], [201, 201]);
  assert.equal(repeat.text, first.text);
  assert.deepEqual(
    [first.headers.get('idempotency-replayed'), repeat.headers.get('idempotency-replayed')],
    [null, 'true'],
  );
  assert.equal(repeat.headers.get('location'), first.headers.get('location'));
  assert.equal(await countRuns(), before + 1);
});

test('another body under the same key is refused', async () => {
  const { api_key: key } = api.tenantA;
  await create(key, 'k2');
  const other = await create(key, 'k2', { ...wanted, task: 'Something else' });
  assert.deepEqual([other.status, other.json.code], [422, 'idempotency_reused']);
});

test('the same key of another tenant and of another API key is another key', async () => {
  const second = await api.ask('/v1/api-keys', { key: api.tenantA.api_key, json: { name: 'second' } });
  const ids = new Set<string>();
  for (const key of [api.tenantA.api_key, api.tenantB.api_key, second.json.api_key])
    ids.add((await create(key, 'shared')).json.id);
  assert.equal(ids.size, 3);
});

test('forty requests at once over two nodes make one run; each is answered with it or told that it is in flight', async () => {
  const { api_key: key } = api.tenantA;
  const before = await countRuns();
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => create(key, 'race', wanted, at % 2)));
  assert.equal(await countRuns(), before + 1);
  const made = answers.filter((answer) => answer.status === 201);
  assert.ok(made.length > 0);
  assert.equal(new Set(made.map((answer) => answer.text)).size, 1);
  assert.equal(made.filter((answer) => answer.headers.get('idempotency-replayed') === null).length, 1);
  for (const answer of answers.filter((one) => one.status !== 201)) {
    assert.deepEqual([answer.status, answer.json.code], [409, 'idempotency_in_flight']);
    assert.equal(answer.headers.get('retry-after'), '1');
  }
});

test('a request that is being worked on holds its key, and one that failed gives it back', async () => {
  const who = await api.principal(api.tenantA.api_key);
  const request = {
    principal: `key:${who.keyId}`,
    route: 'POST /v1/runs',
    key: 'held',
    fingerprint: fingerprint(wanted),
  };
  await assert.rejects(
    api.database.api.atomic(who, async (tx) => {
      assert.equal(await enterKeyed(tx, request), undefined);
      const meanwhile = await create(api.tenantA.api_key, 'held');
      assert.deepEqual([meanwhile.status, meanwhile.json.code], [409, 'idempotency_in_flight']);
      throw new TypeError('the effect failed');
    }),
    TypeError,
  );
  assert.equal((await create(api.tenantA.api_key, 'held')).status, 201);
});

test('a refused request leaves no record: mended, it goes through under the same key', async () => {
  const { api_key: key } = api.tenantA;
  assert.equal((await create(key, 'mended', { ...wanted, model: 'nope' })).status, 422);
  assert.equal((await create(key, 'mended')).status, 201);
});

test('a record ends after a day', async () => {
  const { api_key: key } = api.tenantA;
  const first = await create(key, 'old');
  await api.database.admin(
    "update app.idempotency set created_at = created_at - interval '25 hours' where key = 'old'",
  );
  const later = await create(key, 'old', { ...wanted, task: 'Another day' });
  assert.equal(later.status, 201);
  assert.notEqual(later.json.id, first.json.id);
});

test('the making of a secret is never replayed', async () => {
  const calls = [
    ['/v1/api-keys', api.tenantA.api_key],
    ['/v1/tenants', api.operatorKey],
  ] as const;
  for (const [path, key] of calls) {
    const make = (name: string) => api.ask(path, { key, json: { name }, headers: { 'idempotency-key': 'secret' } });
    const answers = [await make('one'), await make('one'), await make('two')];
    assert.deepEqual(
      answers.map((answer) => [answer.status, answer.json.code]),
      [
        [201, undefined],
        [409, 'already_created'],
        [422, 'idempotency_reused'],
      ],
      path,
    );
    assert.ok(!answers.slice(1).some((answer) => answer.text.includes('sp_live_')));
  }
  const stored = await api.database.admin('select i::text as row from app.idempotency i');
  assert.ok(stored.rows.every((row) => !String(row.row).includes('sp_live_')));
});

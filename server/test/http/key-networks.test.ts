// Where keys are used from, and which nobody uses (AK10, AK11).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { noteNetwork } from '../../src/identity/identity.ts';
import { asId, type KeyId } from '../../src/ids.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const make = async (name: string): Promise<{ id: KeyId; api_key: string }> => {
  const { json } = await api.ask('/v1/api-keys', { key: api.tenantA.api_key, json: { name } });
  return { id: asId(json.id), api_key: json.api_key };
};
const records = async (id: string): Promise<unknown[]> =>
  (
    await api.database.admin(
      "select actor_kind, detail from app.audit where action = 'key.new_network' and object_id = $1 order by id",
      [id],
    )
  ).rows;

test('the first use of a key from a network is on record, the next is not; no row and no record holds an address', async () => {
  const { id, api_key: key } = await make('traveller');
  assert.equal((await api.ask('/v1/me', { key })).status, 200);
  while ((await records(id)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const who = await api.principal(key);
  await noteNetwork(api.database.api, who, id, '127.0.0.1');
  assert.equal((await records(id)).length, 1);
  await Promise.all(Array.from({ length: 8 }, () => noteNetwork(api.database.api, who, id, '203.0.113.9')));
  assert.deepEqual(await records(id), [
    { actor_kind: 'key', detail: '{"known":1}' },
    { actor_kind: 'key', detail: '{"known":2}' },
  ]);
  const { rows } = await api.database.admin(
    'select k::text as key, (select string_agg(a::text, $2) from app.audit a) as audit from app.api_keys k where id = $1',
    [id, ' '],
  );
  const hex = Buffer.from('203.0.113.9').toString('hex');
  for (const text of [rows[0]?.key, rows[0]?.audit])
    assert.ok(!String(text).includes('203.0.113.9') && !String(text).includes(hex));
});

test('networks of a key are bounded, and equal networks of two keys have unequal digests', async () => {
  const one = await make('one');
  const two = await make('two');
  const who = await api.principal(one.api_key);
  for (let at = 0; at < 40; at++) await noteNetwork(api.database.api, who, one.id, `198.51.100.${at}`);
  await noteNetwork(api.database.api, who, two.id, '198.51.100.39');
  const { rows } = await api.database.admin(
    'select cardinality(o.networks) as n, o.networks[1] = t.networks[1] as same from app.api_keys o, app.api_keys t where o.id = $1 and t.id = $2',
    [one.id, two.id],
  );
  assert.deepEqual(rows, [{ n: 32, same: false }]);
});

test('keys that work and nobody uses are told by their days', async () => {
  const idle = await make('idle');
  const stopped = await make('stopped');
  await api.ask(`/v1/api-keys/${stopped.id}/revoke`, { key: api.tenantA.api_key, method: 'POST' });
  await api.database.admin(
    "update app.api_keys set created_at = created_at - interval '40 days', last_used_at = null where id = any($1)",
    [[idle.id, stopped.id]],
  );
  const listed = async (days: number): Promise<string[]> =>
    (await api.ask(`/v1/api-keys?idle_days=${days}`, { key: api.tenantA.api_key })).json.data.map(
      (one: { id: string }) => one.id,
    );
  assert.deepEqual(await listed(30), [idle.id]);
  assert.deepEqual(await listed(41), []);
});

// Credentials of tools over the API: written, never read back, sealed at rest, for their own hosts alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openSecret } from '../../src/secrets/secrets.ts';
import { type Api, startApi } from '../http/api.ts';

const VALUE = 'tok_51_of_a_partner_CANARY';
let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const place = { host: 'api.partner.example', port: 443 };
const make = (json: object, key = api.tenantA.api_key) => api.ask('/v1/secrets', { key, json });

test('no answer, log line, record or column holds a value', async () => {
  const key = api.tenantA.api_key;
  const made = await make({ name: 'partner', value: VALUE, hosts: ['api.partner.example:443'] });
  assert.equal(made.status, 201, made.text);
  const replaced = await api.ask(`/v1/secrets/${made.json.id}`, {
    ...{ key, method: 'PUT' },
    json: { value: `${VALUE}-2`, hosts: ['api.partner.example'] },
  });
  const listed = await api.ask('/v1/secrets', { key });
  const audit = await api.ask('/v1/audit', { key });
  for (const { text } of [made, replaced, listed, audit]) assert.ok(!text.includes(VALUE), text);
  assert.equal(listed.json.data.length, 1);
  assert.ok(!api.lines.join('\n').includes(VALUE));
  const { rows } = await api.database.admin(
    "select position($1 in convert_from(decode(replace(encode(value, 'hex'), '00', '20'), 'hex'), 'LATIN1')) as at from app.secrets",
    [VALUE],
  );
  assert.deepEqual(rows, [{ at: 0 }]);
  const scope = api.database.api.tenant(await api.principal(key));
  assert.deepEqual(await openSecret(scope, 'partner', place), { found: true, value: `${VALUE}-2` });
});

test('a value is opened for its hosts alone, and in its own tenant', async () => {
  const scope = api.database.api.tenant(await api.principal(api.tenantA.api_key));
  const elsewhere = { found: false, why: 'elsewhere' };
  assert.deepEqual(await openSecret(scope, 'partner', { host: 'evil.example', port: 443 }), elsewhere);
  assert.deepEqual(
    await openSecret(scope, 'partner', { host: 'api.partner.example.evil.example', port: 443 }),
    elsewhere,
  );
  const foreign = api.database.api.tenant(await api.principal(api.tenantB.api_key));
  assert.deepEqual(await openSecret(foreign, 'partner', place), { found: false, why: 'absent' });
});

test('hosts cannot be changed without the value', async () => {
  const key = api.tenantA.api_key;
  const { id } = (await api.ask('/v1/secrets', { key })).json.data[0];
  const moved = await api.ask(`/v1/secrets/${id}`, { key, method: 'PUT', json: { hosts: ['evil.example'] } });
  assert.deepEqual([moved.status, moved.json.errors[0].path], [400, '/value']);
});

test('a row that was given other hosts, or the value of another row, opens nothing', async () => {
  const scope = api.database.api.tenant(await api.principal(api.tenantA.api_key));
  await make({ name: 'second', value: 'another-value', hosts: ['second.example'] });
  await api.database.admin(
    "update app.secrets s set value = o.value, key_id = o.key_id from app.secrets o where s.name = 'second' and o.name = 'partner'",
  );
  await assert.rejects(openSecret(scope, 'second', { host: 'second.example', port: 443 }), { code: 'tampered' });
});

test('names are unique in a tenant, values are one line, and hosts are hosts', async () => {
  assert.equal((await make({ name: 'partner', value: 'x', hosts: ['a.example'] })).status, 409);
  assert.equal((await make({ name: 'partner', value: 'x', hosts: ['a.example'] }, api.tenantB.api_key)).status, 201);
  const bad: readonly (readonly [object, number])[] = [
    [{ name: 'Partner', value: 'x', hosts: ['a.example'] }, 400],
    [{ name: 'p', value: 'x\r\nHost: evil', hosts: ['a.example'] }, 400],
    [{ name: 'p', value: '', hosts: ['a.example'] }, 400],
    [{ name: 'p', value: 'x', hosts: [] }, 400],
    [{ name: 'p', value: 'x', hosts: ['https://a.example'] }, 422],
  ];
  for (const [json, status] of bad) assert.equal((await make(json)).status, status, JSON.stringify(json));
});

test('a deleted secret is a missing thing, and the tools have it no more', async () => {
  const key = api.tenantA.api_key;
  const { id } = (await make({ name: 'short', value: 'x', hosts: ['a.example'] })).json;
  assert.equal((await api.ask(`/v1/secrets/${id}`, { key, method: 'DELETE' })).status, 204);
  assert.equal((await api.ask(`/v1/secrets/${id}`, { key, method: 'DELETE' })).status, 404);
  const scope = api.database.api.tenant(await api.principal(key));
  assert.deepEqual(await openSecret(scope, 'short', { host: 'a.example', port: 443 }), { found: false, why: 'absent' });
});

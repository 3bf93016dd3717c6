// What a deployment's and a tenant's lists say of a place, over the API: pure advice, nothing is connected to.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseLists, permits } from '../../src/egress/egress.ts';
import { type Answer, type Api, startApi } from '../http/api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const policy = (json?: object, key = api.tenantA.api_key): Promise<Answer> =>
  api.ask('/v1/egress/policy', json === undefined ? { key } : { key, method: 'PUT', json });
const check = async (url: string, key = api.tenantA.api_key, from = api): Promise<Answer> =>
  from.ask('/v1/egress/check', { key, json: { url } });

/** Profile, allow, deny, host, port, and whether it passes. */
const TABLE: readonly (readonly ['open' | 'internal', string[], string[], string, number, boolean])[] = [
  ['open', [], [], 'a.example', 443, true],
  ['open', [], ['a.example'], 'a.example', 443, false],
  ['open', [], ['a.example:443'], 'a.example', 8443, true],
  ['open', ['a.example'], ['*.example'], 'a.example', 443, false],
  ['internal', [], [], 'a.example', 443, false],
  ['internal', ['a.example'], [], 'a.example', 443, true],
  ['internal', ['a.example'], [], 'b.a.example', 443, false],
  ['internal', ['*.example:443'], [], 'b.a.example', 443, true],
  ['internal', ['*.example:443'], [], 'b.a.example', 80, false],
  ['internal', ['*.example'], ['b.example'], 'b.example', 443, false],
];
test('deny wins over allow, and under `internal` only the list passes', () => {
  for (const [profile, allow, deny, host, port, passes] of TABLE) {
    const rule = permits('the tenant', parseLists({ profile, allow, deny }), host, port);
    assert.equal(rule === undefined, passes, JSON.stringify([profile, allow, deny, host, port, rule]));
  }
});

test('a policy is shown, changed in parts, and on record; it is the tenant’s own', async () => {
  const first = await policy();
  assert.deepEqual(first.json, {
    ...{ profile: 'open', allow: [], deny: [], reader: true, limits: [] },
    deployment: { profile: 'open', allow: [], deny: [] },
  });
  const changed = await policy({
    deny: ['*.evil.example', 'b.example:8443'],
    limits: [{ calls_per_minute: 60 }, { tool: 'web.scrape', bytes_per_hour: 5_000_000 }],
  });
  assert.equal(changed.status, 200, changed.text);
  const again = await policy({ reader: false });
  assert.deepEqual(again.json.deny, ['*.evil.example', 'b.example:8443'], 'what is not named stays');
  assert.deepEqual(again.json.limits, [
    { tool: '*', calls_per_minute: 60, bytes_per_hour: null },
    { tool: 'web.scrape', calls_per_minute: null, bytes_per_hour: 5_000_000 },
  ]);
  assert.equal(again.json.reader, false);
  assert.deepEqual((await policy(undefined, api.tenantB.api_key)).json, first.json);
  const { rows } = await api.database.admin(
    "select count(1)::int as n from app.audit where action = 'egress.policy_changed'",
  );
  assert.equal(rows[0]?.n, 2);
});

const BAD: readonly (readonly [object, string])[] = [
  [{ allow: ['http://a.example/'] }, '/allow/0'],
  [{ deny: ['a.example', 'a b'] }, '/deny/1'],
  [{ deny: ['a.example:99999'] }, '/deny/0'],
  [{ limits: [{}] }, '/limits/0'],
  [{ limits: [{ calls_per_minute: 1 }, { tool: '*', calls_per_minute: 2 }] }, '/limits'],
];
test('what is no rule is refused with its place, and nothing is changed', async () => {
  const before_ = (await policy()).text;
  for (const [json, path] of BAD) {
    const answer = await policy(json);
    assert.deepEqual([answer.status, answer.json.errors?.[0]?.path], [422, path], JSON.stringify(json));
  }
  assert.equal((await policy({ profile: 'report' })).status, 400);
  assert.equal((await policy()).text, before_);
});

test('a developer reads and asks, an admin changes, a viewer neither', async () => {
  const owner = api.tenantA.api_key;
  const made = async (role: string): Promise<string> => {
    const user = await api.ask('/v1/users', { key: owner, json: { name: role, role } });
    const { rows } = await api.database.admin('select id from app.api_keys where tenant_id = $1 limit 1', [
      api.tenantA.tenant_id,
    ]);
    const key = await api.ask('/v1/api-keys', { key: owner, json: { name: role } });
    await api.database.admin('update app.api_keys set user_id = $2 where id = $1', [key.json.id, user.json.id]);
    assert.ok(rows.length === 1);
    return key.json.api_key;
  };
  const table: readonly (readonly [string, number, number, number])[] = [
    ['admin', 200, 200, 200],
    ['developer', 200, 200, 403],
    ['viewer', 403, 403, 403],
    ['approver', 403, 403, 403],
  ];
  for (const [role, read, ask, write] of table) {
    const key = await made(role);
    const got = [(await policy(undefined, key)).status, (await check('https://a.example/', key)).status];
    assert.deepEqual([...got, (await policy({ reader: true }, key)).status], [read, ask, write], role);
  }
});

test('a URL is judged by the lists and then by the guard, with the rule that refused it; refused places have no address', async () => {
  const key = api.tenantB.api_key;
  await policy({ profile: 'open', allow: [], deny: ['*.evil.example', 'paid.example:8443'] }, key);
  const table: readonly (readonly [string, string, string | null, RegExp | null])[] = [
    ['https://good.example/x', 'allow', null, null],
    ['https://a.evil.example/', 'block', 'host', /the tenant denies \*\.evil\.example/],
    ['https://paid.example:8443/', 'block', 'host', /paid\.example:8443/],
    ['https://paid.example/', 'allow', null, null],
    ['http://127.0.0.1/', 'block', 'address', null],
    ['http://[::ffff:10.0.0.1]/', 'block', 'address', null],
    ['http://intranet/', 'block', 'host', null],
    ['https://good.example:25/', 'block', 'port', null],
    ['https://user:word@good.example/', 'block', 'credentials', null],
    ['ftp://good.example/', 'block', 'scheme', null],
    ['not a url', 'block', 'url', null],
  ];
  for (const [url, verdict, code, rule] of table) {
    const { status, json } = await check(url, key);
    assert.deepEqual([status, json.verdict, json.code], [200, verdict, code], url);
    assert.equal(json.addresses.length > 0, verdict === 'allow', url);
    if (rule !== null) assert.match(json.rule, rule, url);
  }
  await policy({ profile: 'internal', allow: ['good.example'] }, key);
  assert.equal((await check('https://good.example/', key)).json.verdict, 'allow');
  assert.match((await check('https://other.example/', key)).json.rule, /the tenant allows only its list/);
});

test('the lists of the deployment hold for every tenant, whatever a tenant allows', async () => {
  const egressLists = { profile: 'internal', allow: ['*.partner.example'], deny: ['bad.partner.example'] } as const;
  const other = await startApi({ egressLists });
  try {
    const key = other.tenantA.api_key;
    await other.ask('/v1/egress/policy', {
      ...{ key, method: 'PUT' },
      json: { profile: 'open', allow: ['bad.partner.example', 'world.example'] },
    });
    const verdict = async (url: string): Promise<string> => {
      const { json } = await check(url, key, other);
      return `${json.verdict} ${json.rule ?? ''}`.trim();
    };
    assert.equal(await verdict('https://a.partner.example/'), 'allow');
    assert.equal(await verdict('https://bad.partner.example/'), 'block the deployment denies bad.partner.example');
    assert.equal(await verdict('https://world.example/'), 'block the deployment allows only its list');
    const shown = await other.ask('/v1/egress/policy', { key });
    assert.deepEqual(shown.json.deployment, egressLists);
  } finally {
    await other.close();
  }
});

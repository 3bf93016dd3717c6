import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApprovalPolicy, PutApprovalPolicy, Role } from '@sallyport/contracts';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, startApi } from '../http/api.ts';
import { openBrowser } from '../http/browser.ts';

const STRICT: PutApprovalPolicy = { starter_may_approve: false, seats: 2, expires_in: 3_600 };
const RULE: ApprovalPolicy['rules'][number] = {
  name: 'money',
  when: { effects: ['pay'], amount: { argument: 'amount', at_least: '100.00' } },
  ask: true,
  roles: ['owner'],
};

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const get = (key: string): Promise<Answer> => api.ask('/v1/approval-policy', { key });
const put = (key: string, json: object): Promise<Answer> =>
  api.ask('/v1/approval-policy', { method: 'PUT', key, json });

async function keyOf(role: Role): Promise<{ readonly key: string; readonly userId: string }> {
  const owner = api.tenantA.api_key;
  const made = await api.ask('/v1/users', { key: owner, json: { name: role, role } });
  const link = await api.ask(`/v1/users/${made.json.id}/sign-in-link`, { key: owner, method: 'POST' });
  const browser = openBrowser(api);
  await browser.ask('/v1/session', { json: { token: link.json.token } });
  const key = await browser.ask('/v1/api-keys', { json: { name: 'own' } });
  assert.equal(key.status, 201, key.text);
  return { key: key.json.api_key, userId: made.json.id };
}

test('a tenant has a policy before it says anything, and what a change leaves out stays', async () => {
  const owner = api.tenantA.api_key;
  assert.deepEqual((await get(owner)).json, {
    starter_may_approve: true,
    seats: 1,
    expires_in: 86_400,
    roles: ['owner', 'admin', 'approver'],
    barred: [],
    rules: [],
  });
  const full = await put(owner, { ...STRICT, roles: ['owner', 'approver'], rules: [RULE] });
  assert.equal(full.status, 200, full.text);
  const again = await put(owner, { ...STRICT, seats: 1 });
  assert.deepEqual(again.json.rules, [RULE], 'who does not know of rules drops none');
  assert.deepEqual(again.json.roles, ['owner', 'approver']);
  assert.deepEqual((await get(owner)).json, again.json);
  assert.deepEqual((await get(api.tenantB.api_key)).json.rules, [], 'of one tenant alone');
});

test('an admin makes it stricter, and only an owner makes it laxer; each is in the audit', async () => {
  const owner = api.tenantA.api_key;
  const admin = await keyOf('admin');
  assert.equal((await put(owner, { ...STRICT, roles: ['owner', 'approver'], rules: [] })).status, 200);
  const stricter = await put(admin.key, { ...STRICT, expires_in: 600, rules: [RULE] });
  assert.equal(stricter.status, 200, stricter.text);
  const standing = (await get(owner)).json;
  for (const laxer of [
    { ...STRICT, expires_in: 601 },
    { ...STRICT, expires_in: 600, seats: 1 },
    { ...STRICT, expires_in: 600, starter_may_approve: true },
    { ...STRICT, expires_in: 600, roles: ['owner', 'admin', 'approver'] },
    { ...STRICT, expires_in: 600, rules: [] },
    { ...STRICT, expires_in: 600, rules: [{ ...RULE, ask: false }] },
  ]) {
    const refused = await put(admin.key, laxer);
    assert.deepEqual([refused.status, refused.json.code], [403, 'owner_only'], JSON.stringify(laxer));
    assert.deepEqual((await get(owner)).json, standing);
  }
  assert.equal((await put(owner, { ...STRICT, rules: [] })).status, 200);
  const { rows } = await api.database.admin(
    `select detail::jsonb->>'laxer' as laxer, on_behalf_of from app.audit where action = 'approval.policy_changed' and tenant_id = $1 order by id desc limit 2`,
    [api.tenantA.tenant_id],
  );
  assert.deepEqual(
    rows.map(({ laxer }) => laxer),
    ['true', 'false'],
  );
  assert.equal(rows[1]?.on_behalf_of, admin.userId);
});

test('who may not change it is refused, and so is one about nobody or without sense', async () => {
  const owner = api.tenantA.api_key;
  for (const role of ['developer', 'approver', 'viewer'] as const) {
    const { key } = role === 'developer' ? await keyOf(role) : { key: undefined };
    if (key !== undefined) assert.equal((await put(key, STRICT)).status, 403);
  }
  const stranger = await put(owner, { ...STRICT, barred: [newId()] });
  assert.deepEqual([stranger.status, stranger.json.code], [422, 'unknown_reference']);
  const other = await api.ask('/v1/me', { key: api.tenantB.api_key });
  const foreign = await put(owner, { ...STRICT, rules: [{ ...RULE, barred: [other.json.user_id] }] });
  assert.deepEqual([foreign.status, foreign.json.errors?.[0]?.path], [422, '/rules/0/barred/0'], foreign.text);
  const senseless: readonly object[] = [
    { ...STRICT, roles: [] },
    { ...STRICT, roles: ['viewer'] },
    { ...STRICT, seats: 3 },
    { ...STRICT, rules: [{ ...RULE, when: { tools: ['*'] } }] },
    { ...STRICT, rules: [{ ...RULE, when: { amount: { argument: '__proto__', at_least: '-1' } } }] },
    { ...STRICT, rules: Array.from({ length: 51 }, () => RULE) },
    { ...STRICT, rules: [{ ...RULE, more: 1 }] },
  ];
  for (const json of senseless) {
    const said = await put(owner, json);
    assert.equal(said.status, 400, `${JSON.stringify(json).slice(0, 200)} ${said.text}`);
  }
});

test('of two changes at once, each is measured against what the other made', async () => {
  const owner = api.tenantA.api_key;
  const admin = await keyOf('admin');
  assert.equal((await put(owner, { ...STRICT, seats: 1, expires_in: 900, rules: [] })).status, 200);
  const said = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      at % 2 === 0
        ? put(owner, { ...STRICT, seats: 2, expires_in: 900 })
        : put(admin.key, { ...STRICT, seats: 1, expires_in: 900 }),
    ),
  );
  const last = (await get(owner)).json;
  assert.ok(said.every(({ status }) => status === 200 || status === 403));
  assert.equal(last.seats, 2, 'an admin never brings the second seat down');
});

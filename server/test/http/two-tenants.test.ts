// The attack on the tenant wall over HTTP: every route and every id position, with the key of the other tenant. It must fail with
// both doors, and with either one removed; with both removed it must succeed, or it has no teeth.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { holdCall } from '../../src/approvals/approvals.ts';
import { insertArtifact, storeBlob } from '../../src/artifacts/artifacts.ts';
import { recordDecisions } from '../../src/egress/egress.ts';
import { saveEntity } from '../../src/entities/entities.ts';
import { ROUTES, type Route } from '../../src/http/http.ts';
import { createSetupToken } from '../../src/identity/identity.ts';
import { asId, newId, type RunId } from '../../src/ids.ts';
import { TENANT_TABLES } from '../db/parser-gate.ts';
import { skillZip } from '../skill-folder.ts';
import { type Answer, type Api, type Asked, startApi } from './api.ts';
import { openBrowser } from './browser.ts';
import { openTestIssuer } from './issuer.ts';
import { readStream } from './live.ts';

const issuer = await openTestIssuer();
after(() => issuer.close());

interface Things {
  readonly run: string;
  readonly artifact: string;
  readonly entity: string;
  readonly key: string;
  readonly budget: string;
  readonly user: string;
  readonly identity: string;
  readonly secret: string;
  readonly denial: string;
  readonly approval: string;
  readonly action: string;
  readonly skill: string;
}

const DIGEST = 'a'.repeat(64);

/** One of each thing that has an id, in tenant A. */
async function furnish(api: Api): Promise<Things> {
  const { api_key: key } = api.tenantA;
  const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'SECRET-OF-A' } });
  assert.equal(run.status, 201, run.text);
  const scope = api.database.api.tenant(await api.principal(key));
  const label = { integrity: 'untrusted', confidentiality: 'private', sources: [] } as const;
  const runId = asId<RunId>(run.json.id);
  const blob = await storeBlob(api.deps.blobs, scope, [Buffer.from('SECRET-OF-A')]);
  const artifact = await insertArtifact(scope, blob, {
    ...label,
    name: 'SECRET-OF-A',
    mediaType: 'text/plain',
    dataClass: 'artifact',
    runId,
    effectKey: 'a',
  });
  const entity = await saveEntity(scope, {
    ...label,
    reference: 'page@1',
    attributes: { url: 'https://a.example/', title: 'SECRET-OF-A', summary: 's' },
    evidence: [],
    runId,
    effectKey: 'e',
  });
  const made = await api.ask('/v1/api-keys', { key, json: { name: 'SECRET-OF-A' } });
  const budget = await api.ask('/v1/budgets', { key, json: { name: 'SECRET-OF-A', period: 'day', limit_cost: '1' } });
  const person = { issuer: issuer.name, subject: 'SECRET-OF-A' };
  const user = await api.ask('/v1/users', {
    key,
    json: { name: 'SECRET-OF-A', role: 'viewer', identity: person },
  });
  assert.equal(user.status, 201, user.text);
  const secret = await api.ask('/v1/secrets', {
    key,
    json: { name: 'of-a', value: 'SECRET-OF-A', hosts: ['a.example'] },
  });
  assert.equal(secret.status, 201, secret.text);
  const type = await api.ask('/v1/entity-types', {
    key,
    json: {
      name: 'of-a',
      version: 1,
      attributes: {
        type: 'object',
        properties: { a: { const: 'SECRET-OF-A' } },
        required: ['a'],
        additionalProperties: false,
      },
      identity: ['a'],
      title: 'a',
    },
  });
  assert.equal(type.status, 201, type.text);
  await api.ask('/v1/egress/policy', { key, method: 'PUT', json: { deny: ['SECRET-OF-A.example'] } });
  const denial = await api.ask('/v1/token-denials', {
    key,
    json: { issuer: issuer.name, kind: 'token', value: 'SECRET-OF-A' },
  });
  const card = {
    ...{ tool: 'SECRET-OF-A', effect: 'send', arguments: [], why: [], irreversible: '' },
    rule: { untrusted: true, private: true, leaves: true },
  };
  const held = await api.database.api.atomic(await api.principal(key), (tx) =>
    holdCall(tx, { runId, callId: 'c', tool: 't', effect: 'send', rule: 'r', digest: DIGEST, card, args: {} }),
  );
  await api.database.api.atomic(await api.principal(key), (tx) =>
    recordDecisions(tx, { runId, callId: 'c', tool: 'web.scrape' }, [
      {
        verdict: 'block',
        code: 'host',
        rule: 'r',
        hop: 0,
        host: 'SECRET-OF-A.example',
        port: 80,
        bytes: 0,
        dnsMs: 0,
        connectMs: 0,
      },
    ]),
  );
  await api.database.admin(
    "insert into app.effects (tenant_id, run_id, key, call_id, tool, idempotent, state) values ($1, $2, 'call:c', 'c', 't', false, 'unknown')",
    [api.tenantA.tenant_id, runId],
  );
  const action = await api.ask('/v1/actions', {
    key,
    json: {
      name: 'of.a',
      description: 'SECRET-OF-A',
      effect: 'send',
      method: 'POST',
      url: 'https://a.example/send',
      arguments: {},
    },
  });
  assert.equal(action.status, 201, action.text);
  const skill = await api.ask('/v1/skills', {
    key,
    headers: { 'content-type': 'application/zip' },
    body: skillZip({ name: 'of-a', body: 'SECRET-OF-A', more: 'license: SECRET-OF-A' }),
  });
  assert.equal(skill.status, 201, skill.text);
  return {
    skill: skill.json.name,
    action: action.json.id,
    approval: held.id,
    denial: denial.json.id,
    secret: secret.json.id,
    user: user.json.id,
    identity: user.json.identities[0].id,
    budget: budget.json.id,
    run: run.json.id,
    artifact: artifact.id,
    entity: entity.id,
    key: made.json.id,
  };
}

/** A signed link names its tenant itself and asks for no credential: it is attacked by a test of its own. */
const WITH_ID = ROUTES.filter(
  (route) => route.params.length > 0 && route.access !== 'public' && route.access !== 'operator',
);

function ownId(route: Route, things: Things): string {
  if (route.path.startsWith('/v1/runs/')) return things.run;
  if (route.path.startsWith('/v1/artifacts/')) return things.artifact;
  if (route.path.startsWith('/v1/entities/')) return things.entity;
  if (route.path.startsWith('/v1/api-keys/')) return things.key;
  if (route.path.startsWith('/v1/budgets/')) return things.budget;
  if (route.path.startsWith('/v1/users/')) return things.user;
  if (route.path.startsWith('/v1/secrets/')) return things.secret;
  if (route.path.startsWith('/v1/token-denials/')) return things.denial;
  if (route.path.startsWith('/v1/approvals/')) return things.approval;
  if (route.path.startsWith('/v1/actions/')) return things.action;
  if (route.path.startsWith('/v1/skills/')) return things.skill;
  throw new TypeError(`the attack does not know whose id ${route.path} takes`);
}

/** Asks as tenant B, by its key or from a browser where it is signed in. */
type Attacker = (path: string, asked?: Asked) => Promise<Answer>;

const ATTACKERS: Readonly<Record<string, (api: Api) => Promise<Attacker>>> = {
  key: async (api) => (path, asked) => api.ask(path, { ...asked, key: api.tenantB.api_key }),
  session: async (api) => {
    const { tenant_id: tenant, user_id: user } = api.tenantB;
    const browser = openBrowser(api);
    const token = await createSetupToken(api.database.api, tenant, user);
    assert.equal((await browser.ask('/v1/session', { json: { token } })).status, 204);
    // Signing out is no attack; the rest of them needs the session.
    return async (path, asked) =>
      path === '/v1/session' && asked?.method === 'DELETE' ? api.ask('/healthz') : browser.ask(path, asked);
  },
  token: async (api) => {
    const json = { issuer: issuer.name, subject: 'of-b' };
    const { user_id: user, api_key: key } = api.tenantB;
    assert.equal((await api.ask(`/v1/users/${user}/identities`, { key, json })).status, 201);
    return (path, asked) => api.ask(path, { ...asked, key: issuer.token({ sub: 'of-b' }) });
  },
};

/** Bodies without which a route looks at no id. */
const BODIES: Readonly<Record<string, object>> = {
  '/v1/api-keys/{id}': { contracts_version: '2026-11-01' },
  '/v1/users/{id}/identities': { issuer: issuer.name, subject: 'B' },
  '/v1/secrets/{id}': { value: 'of-b', hosts: ['b.example'] },
  '/v1/skills/{name}/versions/{version}/approval': { digest: DIGEST },
  '/v1/approvals/{id}/decision': { verdict: 'deny', digest: DIGEST },
  '/v1/runs/{id}/effects/{key}/resolution': { outcome: 'unknown', note: 'looked' },
};

/** Queries without which a route looks at no id. */
const SEARCHES: Readonly<Record<string, string>> = {
  '/v1/skills/{name}/versions/{version}/file': '?path=SKILL.md',
};

function pathOf({ path }: Route, id: string, things: Things): string {
  return path
    .replace('{id}', id)
    .replace('{name}', id)
    .replace('{version}', '1.0.0')
    .replace('{seq}', '0')
    .replace('{key}', 'call:c')
    .replace('{identity}', things.identity);
}

const ask = (attacker: Attacker, route: Route, id: string, things: Things): Promise<Answer> =>
  attacker(pathOf(route, id, things) + (SEARCHES[route.path] ?? ''), {
    method: route.method,
    ...(['POST', 'PATCH', 'PUT'].includes(route.method) ? { json: BODIES[route.path] ?? {} } : {}),
  });

/** They differ on every answer. */
const CHANGING: ReadonlySet<string> = new Set(['x-request-id', 'date', 'ratelimit']);

function plainHeaders(answer: Answer): string {
  return JSON.stringify([...answer.headers].filter(([name]) => !CHANGING.has(name)));
}

/** Tries the id of A; a missing and a malformed one must have the very same answer. */
async function reach(attacker: Attacker, route: Route, things: Things): Promise<string[]> {
  const foreign = await ask(attacker, route, ownId(route, things), things);
  const others = {
    missing: await ask(attacker, route, newId(), things),
    malformed: await ask(attacker, route, 'not-an-id', things),
  };
  return Object.entries(others)
    .filter(
      ([, other]) =>
        foreign.status !== 404 || foreign.text !== other.text || plainHeaders(foreign) !== plainHeaders(other),
    )
    .map(([name]) => `${route.method} ${route.path} tells a foreign id from a ${name} one: ${foreign.status}`);
}

/** What deletes comes last, and the whole after its parts: it would take the target away from the others. */
function byHarm(routes: readonly Route[]): Route[] {
  const harm = (route: Route): number => ['POST', 'PUT', 'PATCH', 'DELETE'].indexOf(route.method);
  return [...routes].sort((one, other) => harm(one) - harm(other) || other.path.length - one.path.length);
}

/** Everything of A that B reaches. Reading comes first, then what changes or deletes. */
async function attack(attacker: Attacker, things: Things): Promise<string[]> {
  const leaks: string[] = [];
  for (const route of WITH_ID.filter((one) => one.method === 'GET'))
    leaks.push(...(await reach(attacker, route, things)));
  const lists = ROUTES.filter(
    (route) => route.method === 'GET' && route.params.length === 0 && route.access !== 'operator',
  );
  const filters: Record<string, string> = {
    '/v1/entities': `?run_id=${things.run}`,
    '/v1/artifacts': `?run_id=${things.run}`,
    '/v1/approvals': `?run_id=${things.run}`,
    '/v1/egress/decisions': `?run_id=${things.run}`,
  };
  for (const { path } of lists)
    for (const search of ['', filters[path] ?? '']) {
      const answer = await attacker(path + search);
      if (answer.text.includes('SECRET-OF-A') || Object.values(things).some((id) => answer.text.includes(id)))
        leaks.push(`GET ${path}${search} shows what is A's`);
    }
  for (const route of ROUTES.filter((one) => one.bodyIds.length > 0)) {
    assert.deepEqual([route.path, route.bodyIds], ['/v1/runs', ['/input/artifacts/*']], 'the attack knows this body');
    const use = (id: string): Promise<Answer> => {
      const json = { skill: 'document-digest', task: 't', input: { artifacts: [id] } };
      return attacker('/v1/runs', { json });
    };
    const foreign = await use(things.artifact);
    const missing = await use(newId());
    if (foreign.status !== 422 || foreign.text !== missing.text)
      leaks.push(`${route.path} takes a foreign id in its body`);
  }
  for (const route of byHarm(WITH_ID.filter((one) => one.method !== 'GET')))
    leaks.push(...(await reach(attacker, route, things)));
  return leaks;
}

async function withoutPolicies(api: Api): Promise<void> {
  const tables = await api.database.admin(
    "select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and c.relkind = 'r'",
  );
  const names = tables.rows.map((row) => String(row.name));
  assert.deepEqual(new Set(names), new Set(TENANT_TABLES));
  for (const name of names) await api.database.admin(`alter table app.${name} disable row level security`);
}

const SETTINGS = [
  { name: 'with both doors', predicate: true, policies: true, holds: true },
  { name: 'with row-level security off', predicate: true, policies: false, holds: true },
  { name: 'with the predicate off', predicate: false, policies: true, holds: true },
  { name: 'with both doors off', predicate: false, policies: false, holds: false },
] as const;

const CASES = SETTINGS.flatMap((setting) =>
  Object.entries(ATTACKERS).map(([by, enter]) => ({ ...setting, by, enter })),
);

for (const setting of CASES)
  test(`another tenant's things ${setting.holds ? 'are missing things' : 'lie open'} ${setting.name}, by ${setting.by}`, async () => {
    // What is sealed for a tenant opens for no other: left on, it would hold by itself where both doors are off.
    const api = await startApi({
      doors: { predicate: setting.predicate },
      issuers: issuer.issuers,
      sealing: setting.holds,
    });
    try {
      if (!setting.policies) await withoutPolicies(api);
      const things = await furnish(api);
      const leaks = await attack(await setting.enter(api), things);
      if (setting.holds) assert.deepEqual(leaks, []);
      else {
        const reached = new Set(leaks.map((leak) => leak.split(/[ ?]/).slice(0, 2).join(' ')));
        const targets = WITH_ID.map(({ method, path }) => `${method} ${path}`);
        for (const target of [
          ...targets,
          'GET /v1/runs',
          'GET /v1/artifacts',
          'GET /v1/entities',
          'GET /v1/api-keys',
          'GET /v1/approvals',
          'GET /v1/budgets',
          'GET /v1/secrets',
          'GET /v1/entity-types',
          'GET /v1/skills',
          'GET /v1/token-denials',
          'GET /v1/egress/policy',
          'GET /v1/egress/decisions',
        ])
          assert.ok(reached.has(target), `the attack on ${target} has no teeth: ${leaks.join('; ')}`);
        assert.ok(leaks.includes('/v1/runs takes a foreign id in its body'));
      }
      if (setting.holds) {
        const { api_key: key } = api.tenantA;
        const run = await api.ask(`/v1/runs/${things.run}`, { key });
        assert.deepEqual(
          [run.status, run.json.status, run.json.task],
          [200, 'queued', 'SECRET-OF-A'],
          'nothing was changed',
        );
        assert.equal((await api.ask(`/v1/artifacts/${things.artifact}/content`, { key })).text, 'SECRET-OF-A');
        assert.equal((await api.ask(`/v1/api-keys/${things.key}`, { key })).json.status, 'active');
        const approval = await api.ask(`/v1/approvals/${things.approval}`, { key });
        assert.deepEqual([approval.json.state, approval.json.card.tool], ['pending', 'SECRET-OF-A']);
        assert.equal((await api.ask(`/v1/entities/${things.entity}`, { key })).status, 200);
      }
    } finally {
      await api.close();
    }
  });

test("another tenant's run cannot be streamed", async () => {
  const api = await startApi({ issuers: issuer.issuers });
  try {
    const things = await furnish(api);
    const stream = (id: string): Promise<Answer> =>
      api.ask(`/v1/runs/${id}/events`, { key: api.tenantB.api_key, headers: { accept: 'text/event-stream' } });
    const foreign = await stream(things.run);
    const missing = await stream(newId());
    assert.deepEqual([foreign.status, foreign.text, plainHeaders(foreign)], [404, missing.text, plainHeaders(missing)]);
    for (const [by, enter] of Object.entries(ATTACKERS)) {
      const attacker = await enter(api);
      const many = await attacker(`/v1/stream?runs=*,${things.run}`);
      const none = await attacker(`/v1/stream?runs=*,${newId()}`);
      assert.deepEqual([many.status, many.text, plainHeaders(many)], [404, none.text, plainHeaders(none)], by);
    }
  } finally {
    await api.close();
  }
});

test("with both doors off the stream of a browser shows another tenant's run", async () => {
  const api = await startApi({ doors: { predicate: false }, issuers: issuer.issuers, sealing: false });
  try {
    await withoutPolicies(api);
    const things = await furnish(api);
    const headers = { authorization: `Bearer ${api.tenantB.api_key}` };
    const url = `${api.nodes[0]?.url}/v1/stream?runs=${things.run}`;
    const { messages } = await readStream(url, headers, (came) => came.some((message) => message.id !== undefined));
    assert.ok(messages.some((message) => message.data?.includes(things.run)));
  } finally {
    await api.close();
  }
});

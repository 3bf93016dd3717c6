// What became of each hop, across runs: what the API lists is what the events of the runs say, found by any of its words, sealed at rest.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EgressDecision } from '@sallyport/contracts';
import { EgressError } from '@sallyport/egress';
import pg from 'pg';
import { openRunSession } from '../../src/containment/containment.ts';
import type { Rendered } from '../../src/db/db.ts';
import { createDatabase } from '../../src/db/db.ts';
import { type Hop, listDecisions, parseLists, putEgressPolicy, recordDecisions } from '../../src/egress/egress.ts';
import { firstIdAt, newId, type RunId, type WorkerId } from '../../src/ids.ts';
import { mintPrincipal, type UserPrincipal } from '../../src/principal.ts';
import { loadWork, startRun } from '../../src/runs/runs.ts';
import { callTool, type GatewayContext, type Tool } from '../../src/tools/tools.ts';
import { gate } from '../db/parser-gate.ts';
import { type Answer, type Api, startApi } from '../http/api.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';

const PAGE = 'A page with one sentence that is long enough to be kept.';
const HOP: Hop = { verdict: 'allow', hop: 0, host: 'a.example', port: 443, bytes: 10, dnsMs: 1.6, connectMs: 2 };

let api: Api;
let site: Site;
let bench: Workbench;
before(async () => {
  api = await startApi();
  site = await serveSite((request, response) => {
    if (request.url === '/on') response.writeHead(302, { location: 'http://169.254.169.254/latest' });
    else response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(PAGE);
  });
  bench = await openWorkbench({ ports: [site.port] });
});
after(async () => {
  await bench.close();
  await site.close();
  await api.close();
});

const list = (search = '', key = api.tenantA.api_key): Promise<Answer> =>
  api.ask(`/v1/egress/decisions${search}`, { key });
const briefly = (decisions: readonly EgressDecision[]): unknown[][] =>
  decisions.map(({ verdict, code, hop, host, port, status }) => [verdict, code, hop, host, port, status]);

async function makeRun(alice: UserPrincipal): Promise<RunId> {
  const { json } = await api.ask('/v1/runs', {
    key: api.tenantA.api_key,
    json: { skill: 'web-digest', task: 't', input: { urls: ['https://example.com/'] } },
  });
  assert.equal(json.tenant_id, alice.tenantId);
  return json.id;
}

test('each hop of a run is listed as its events tell it, with what was called and how long it took', async () => {
  bench.start();
  const id = await bench.createRun({ urls: [`${site.url}/on`] });
  await bench.ended(id);
  await bench.stop();
  const found = await listDecisions(bench.database.api.tenant(bench.alice), { limit: 10 });
  assert.deepEqual(briefly(found), [
    ['block', 'address', 1, '169.254.169.254', 80, null],
    ['allow', null, 0, '127.0.0.1', site.port, 302],
  ]);
  const [blocked, allowed] = found;
  assert.deepEqual([allowed?.address, blocked?.address], ['127.0.0.1', null], 'no address of what is refused is told');
  assert.deepEqual([allowed?.run_id, allowed?.tool, blocked?.tool], [id, 'web.scrape', 'web.scrape']);
  const told = (await bench.events(id)).filter(({ type }) => type.startsWith('egress.')).reverse();
  assert.deepEqual(
    found.map(({ call_id, host, port }) => ({ call_id, host, port })),
    told.map(({ data }) => {
      const { call_id, host, port } = data as { call_id: string; host: string; port: number };
      return { call_id, host, port };
    }),
  );
  assert.deepEqual(
    [blocked?.rule, blocked?.code],
    told.slice(0, 1).flatMap(({ data }) => {
      const { rule, code } = data as { rule: string; code: string };
      return [rule, code];
    }),
  );
});

test('what was refused before a hop began is listed too, under the code of the limit', async () => {
  await bench.database.api.atomic(bench.alice, (tx) => putEgressPolicy(tx, { limits: [{ bytes_per_hour: 1 }] }));
  bench.start();
  const id = await bench.createRun({ urls: [`${site.url}/1`, `${site.url}/2`] });
  await bench.ended(id);
  await bench.stop();
  const found = await listDecisions(bench.database.api.tenant(bench.alice), { runId: id, verdict: 'block', limit: 10 });
  assert.deepEqual(briefly(found), [['block', 'busy', 0, '127.0.0.1', site.port, null]]);
});

test('host, rule and address are sealed at rest, and an equal host of another tenant has another digest', async () => {
  const { rows } = await bench.database.admin('select d::text as row from app.egress_decisions d');
  assert.ok(rows.length >= 2);
  const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex');
  for (const { row } of rows)
    for (const word of ['169.254.169.254', '127.0.0.1', 'link'])
      assert.ok(!String(row).includes(word) && !String(row).includes(hex(word)), word);
  for (const tenant of [api.tenantA, api.tenantB]) {
    const principal = await api.principal(tenant.api_key);
    const made = await api.ask('/v1/runs', { key: tenant.api_key, json: { skill: 'web-digest', task: 't' } });
    await api.database.api.atomic(principal, (tx) =>
      recordDecisions(tx, { runId: made.json.id, callId: 'c', tool: 't' }, [{ ...HOP, host: 'same.example' }]),
    );
  }
  const digests = await api.database.admin(
    "select distinct encode(d.host_digest, 'hex') from app.egress_decisions d where d.call_id = 'c' and d.tool = 't'",
  );
  assert.equal(digests.rows.length, 2);
  assert.equal((await list('?host=same.example')).json.data.length, 1);
});

test('each filter narrows, all of them together too, and pages hold every decision once', async () => {
  const alice = await api.principal(api.tenantA.api_key);
  const [one, other] = [await makeRun(alice), await makeRun(alice)];
  const write = (runId: RunId, tool: string, hops: readonly Partial<Hop>[]): Promise<void> =>
    api.database.api.atomic(alice, (tx) =>
      recordDecisions(
        tx,
        { runId, callId: 'call_1', tool },
        hops.map((hop, at) => ({ ...HOP, hop: at, ...hop })),
      ),
    );
  await write(one, 'web.scrape', [
    { status: 302 },
    { host: 'b.example', port: 8443 },
    { verdict: 'block', code: 'host', host: 'c.example' },
  ]);
  await write(other, 'http.request', [
    { host: '2606:4700::1111' },
    { verdict: 'block', code: 'address', host: 'a.example', rule: 'r' },
  ]);
  const count = async (search: string): Promise<number> => (await list(`?tool=web.scrape&${search}`)).json.data.length;
  assert.equal(await count(`run_id=${one}`), 3);
  const of = async (search: string): Promise<string[]> =>
    (await list(search)).json.data
      .filter((found: EgressDecision) => found.run_id === one || found.run_id === other)
      .map((found: EgressDecision) => `${found.tool} ${found.hop}`);
  assert.deepEqual(await of(''), ['http.request 1', 'http.request 0', 'web.scrape 2', 'web.scrape 1', 'web.scrape 0']);
  assert.deepEqual(await of('?verdict=block'), ['http.request 1', 'web.scrape 2']);
  assert.deepEqual(await of('?code=host'), ['web.scrape 2']);
  assert.deepEqual(await of('?host=A.example.'), ['http.request 1', 'web.scrape 0']);
  assert.deepEqual(await of('?host=b.example:8443'), ['web.scrape 1']);
  assert.deepEqual(await of('?host=b.example:443'), []);
  assert.deepEqual(await of('?host=%5B2606:4700:0::1111%5D'), ['http.request 0']);
  assert.deepEqual(await of(`?run_id=${other}&verdict=allow`), ['http.request 0']);
  assert.deepEqual(await of(`?tool=http.request&verdict=block&code=address&host=a.example&run_id=${other}`), [
    'http.request 1',
  ]);
  assert.deepEqual(await of('?verdict=report'), []);
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { json } = await list(`?limit=2${cursor}`);
    seen.push(...json.data.map((found: EgressDecision) => found.id));
    if (json.next_cursor === null) break;
    cursor = `&cursor=${json.next_cursor}`;
  }
  assert.deepEqual(seen, [...new Set(seen)].sort().reverse());
  assert.equal(seen.length, 6);
  for (const host of ['*.example', 'a/b', 'a b', 'a.example:0', ' '])
    assert.equal((await list(`?host=${encodeURIComponent(host)}`)).status, 400, host);
  assert.equal((await list('?verdict=maybe')).status, 400);
  assert.deepEqual((await list(`?run_id=${one}`, api.tenantB.api_key)).json.data, []);
});

test('a span of time is from its first moment and before its last', async () => {
  const { json } = await list('?limit=1&tool=http.request');
  const at: string = json.data[0].decided_at;
  const later = new Date(Date.parse(at) + 1).toISOString();
  const count = async (search: string): Promise<number> =>
    (await list(`?tool=http.request&${search}`)).json.data.length;
  assert.deepEqual(
    await Promise.all([count(`from=${at}`), count(`to=${at}`), count(`from=${later}`), count(`to=${later}`)]),
    [2, 0, 0, 2],
  );
  assert.equal((await list('?from=2026-02-31T25:00:00Z')).status, 400);
});

test('the least id of a moment is above every id of an earlier one and below every id of its own', () => {
  for (const time of [0, 1, 1_799_999_999_999, Date.now()]) {
    assert.ok(firstIdAt(new Date(time)) <= newId(time), String(time));
    assert.ok(firstIdAt(new Date(time + 1)) > newId(time), String(time));
  }
  assert.equal(firstIdAt(new Date(-5)), firstIdAt(new Date(0)));
});

test('decisions of a run whose contents have expired are not listed, before any sweep', async () => {
  const alice = await api.principal(api.tenantA.api_key);
  const id = await makeRun(alice);
  await api.database.api.atomic(alice, (tx) =>
    recordDecisions(tx, { runId: id, callId: 'c', tool: 'web.scrape' }, [HOP]),
  );
  assert.equal((await list(`?run_id=${id}`)).json.data.length, 1);
  await api.database.admin("update app.runs set ended_at = now() - interval '364 days' where id = $1", [id]);
  assert.equal((await list(`?run_id=${id}`)).json.data.length, 1);
  await api.database.admin("update app.runs set ended_at = now() - interval '366 days' where id = $1", [id]);
  assert.deepEqual((await list(`?run_id=${id}`)).json.data, []);
});

type Plan = Readonly<Record<string, unknown>>;
function nodesOf(plan: unknown): Plan[] {
  if (Array.isArray(plan)) return plan.flatMap(nodesOf);
  if (plan === null || typeof plan !== 'object') return [];
  return [plan as Plan, ...Object.values(plan).flatMap(nodesOf)];
}

test('every filter is looked up in an index, newest first without a sort', async () => {
  const { tenantId } = bench.alice;
  const id = await bench.createRun({ urls: [] });
  await bench.database.admin(
    `insert into app.egress_decisions (tenant_id, id, run_id, call_id, tool, verdict, code, hop, port, status, bytes, dns_ms, connect_ms, place, host_digest, key_id, decided_at)
     select $1, gen_random_uuid(), $2, 'c', 'tool.' || n % 200, case when n % 500 = 0 then 'block' else 'allow' end, case when n % 500 = 0 then 'address' end,
       0, 443, 200, 1, 1, 1, '\\x00', sha256(convert_to((n % 300)::text, 'UTF8')), 'k', now() from generate_series(1, 30000) n`,
    [tenantId, id],
  );
  await bench.database.admin('analyze');
  let sent: Rendered | undefined;
  const watched = createDatabase({
    ...{ keys: bench.database.vault, connect: bench.database.connect.api, prefix: bench.database.prefix, max: 1 },
    onFault: () => undefined,
    onStatement: (rendered) => {
      gate(rendered);
      if (rendered.text.includes('egress_decisions')) sent = rendered;
    },
  });
  const client = new pg.Client({ ...bench.database.connect.api } as pg.ClientConfig);
  await client.connect();
  try {
    await client.query(`set role ${bench.database.prefix}_tenant`);
    await client.query("select set_config('app.tenant_id', $1, false)", [tenantId]);
    const none = { limit: 1, runId: newId<RunId>() };
    const cases = [
      [{}, 'egress_decisions_pkey'],
      [{ from: new Date(0), to: new Date(1) }, 'egress_decisions_pkey'],
      [{ verdict: 'block' }, 'egress_decisions_by_verdict'],
      [{ code: 'address' }, 'egress_decisions_by_code'],
      [{ host: 'nowhere.example' }, 'egress_decisions_by_host'],
      [{ tool: 'tool.7' }, 'egress_decisions_by_tool'],
      [{ runId: none.runId }, 'egress_decisions_by_run'],
    ] as const;
    for (const [filter, index] of cases) {
      await listDecisions(watched.tenant(bench.alice), { ...filter, before: newId(0), limit: 1 });
      assert.ok(sent !== undefined);
      // With a cursor behind everything the answer is empty: no row has to be opened. The plan is that of the top page.
      const values = sent.values.map((value) =>
        typeof value === 'string' && value.startsWith('00000000-0000-7') ? firstIdAt(new Date()) : value,
      );
      const { rows } = await client.query<Record<string, unknown>>(`explain (format json) ${sent.text}`, values);
      const nodes = nodesOf(Object.values(rows[0] ?? {})[0]);
      const text = JSON.stringify(
        nodes.map((node) => [node['Node Type'], node['Index Name'], node['Index Cond'], node.Filter]),
      );
      assert.ok(
        nodes.some((node) => node['Index Name'] === index),
        `${JSON.stringify(filter)}: ${text}`,
      );
      assert.ok(!nodes.some((node) => /Sort/.test(String(node['Node Type']))), text);
    }
  } finally {
    await client.end();
    await watched.close();
  }
});

/** Tries a place that is refused, and then says that all is well. */
const TOLERANT: Tool = {
  ...{ name: 'web.scrape', description: 'tries', effect: 'egress', idempotent: true, parameters: {} },
  parse: () => ({ values: {}, url: 'http://169.254.169.254/' }),
  run: async (_args, { egress }) => {
    for (const host of ['169.254.169.254', '10.0.0.1'])
      await egress.read(`http://${host}/`).catch((error: unknown) => assert.ok(error instanceof EgressError));
    const label = { integrity: 'untrusted', confidentiality: 'public', sources: [] } as const;
    return { fields: {}, label, bytes: 0 };
  },
};

test('a hop that was blocked inside a call that goes well is told to the log of security, and the call succeeds', async () => {
  const id = await bench.createRun({ urls: [] });
  const { tenantId } = bench.alice;
  await bench.database.admin("update app.runs set status = 'running', epoch = 1 where id = $1", [id]);
  const principal = mintPrincipal({ kind: 'run', tenantId, runId: id, epoch: 1n });
  await bench.database.api.atomic(bench.alice, (tx) => startRun(tx, id, newId<WorkerId>(), 1n));
  const work = await loadWork(bench.database.api.tenant(bench.alice), id);
  const told: unknown[] = [];
  const { egress: guard, parser, blobs } = bench.agent;
  const session = openRunSession({
    work,
    skillBody: '',
    labels: {},
    granted: false,
    tools: ['web.scrape'],
    entityTypes: [],
  });
  const context: GatewayContext = {
    ...{ db: bench.database.worker, principal, grant: work.grant, tools: [TOLERANT], session },
    doors: { grant: false, provenance: false, ledger: true, binding: true, spending: true },
    ...{
      used: new Map(),
      minted: new Set(),
      touched: () => undefined,
      asked: () => undefined,
      refused: () => undefined,
    },
    blocked: (what) => told.push(what),
    services: {
      ways: {
        guard,
        reader: undefined,
        deployment: parseLists({ profile: 'open', allow: [], deny: [] }),
        register: () => undefined,
      },
      ...{ parser, blobs, session: { integrity: 'trusted', confidentiality: 'public', sources: [] } },
      ...{ allowedLinks: new Set(), signal: new AbortController().signal, mayStart: () => true },
    },
  };
  await bench.database.api.atomic(bench.alice, (tx) => putEgressPolicy(tx, { limits: [] }));
  await callTool(context, { callId: 'call_1_1', tool: 'web.scrape', arguments: {}, started: 0 });
  const types = (await bench.events(id))
    .map(({ type }) => type)
    .filter((type) => /^(egress|tool\.call\.(failed|completed))/.test(type));
  assert.deepEqual(types, ['egress.blocked', 'egress.blocked', 'tool.call.completed']);
  assert.deepEqual(
    told.map((what) => (what as { host: string; code: string }).host),
    ['169.254.169.254', '10.0.0.1'],
  );
});

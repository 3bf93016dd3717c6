// A whole node with its metrics on: what an operator's collector sees after real requests and a real run.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '../database.ts';
import { startApi } from '../http/api.ts';
import { beginNode, type StartingNode } from '../node.ts';

let database: TestDatabase;
let node: StartingNode;
let url: string;
let key: string;
let operator: string;
before(async () => {
  database = await testDatabase();
  node = await beginNode(database, 0, { SALLYPORT_METRICS: 'on' });
  const served = await node.served;
  url = served.url;
  key = served.firstBoot?.apiKey ?? '';
  operator = (await readFile(join(node.data, 'operator-key'), 'utf8')).trim();
});
after(async () => {
  await node.clear();
  await database.drop();
});

const get = (path: string, bearer?: string): Promise<Response> =>
  fetch(`${url}${path}`, bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } });

async function series(): Promise<Map<string, number>> {
  const answer = await get('/metrics', operator);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

async function runToItsEnd(): Promise<string> {
  const made = await fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ skill: 'document-digest', task: 'Digest it: a sally port is a gate.', input: {} }),
  });
  const { id, ...rest } = (await made.json()) as { id: string };
  assert.equal(made.status, 201, JSON.stringify(rest));
  // The stream ends with the run.
  const stream = await fetch(`${url}/v1/runs/${id}/events`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
  });
  await stream.text();
  return id;
}

test('only the operator may read them', async () => {
  assert.equal((await get('/metrics')).status, 401);
  assert.equal((await get('/metrics', key)).status, 403);
});

test('requests, claims, runs, pools, the lease, the loop and the figures of the deployment are there after a run', async () => {
  const run = await runToItsEnd();
  const me = await get('/v1/me', key);
  await me.text();
  await (await get('/nothing/of/ours', key)).text();
  let seen = await series();
  const left = (): number =>
    [...seen].reduce((sum, [name, value]) => (name.startsWith('sallyport_runs_left_total') ? sum + value : sum), 0);
  while (left() === 0) seen = await series();
  const value = (name: string): number => {
    const found = seen.get(name);
    assert.ok(found !== undefined, `${name} is not there: ${[...seen.keys()].join(' ')}`);
    return found;
  };
  assert.equal(value('sallyport_http_requests_total{method="GET",route="/v1/me",status="200"}'), 1);
  assert.equal(value('sallyport_http_requests_total{method="GET",route="-",status="404"}'), 1);
  assert.equal(value('sallyport_http_requests_total{method="POST",route="/v1/runs",status="201"}'), 1);
  assert.equal(value('sallyport_http_request_seconds_count{method="POST",route="/v1/runs"}'), 1);
  assert.equal(value('sallyport_runs_claimed_total'), 1);
  assert.ok(value('sallyport_claim_seconds_count') >= 1);
  assert.equal(value('sallyport_workers'), 1);
  assert.equal(value('sallyport_runs{status="queued"}'), 0);
  assert.ok(value('sallyport_lease_age_seconds') < 15);
  assert.ok(value('sallyport_audit_sealing_lag_seconds') >= 0);
  assert.ok(value('sallyport_pool_connections{pool="api",state="waiting"}') === 0);
  assert.ok(value('sallyport_event_loop_delay_seconds{of="max"}') >= 0);
  assert.equal(value('sallyport_parse_documents{state="waiting"}'), 0);
  const page = await (await get('/metrics', operator)).text();
  for (const secret of [key, operator, run, (await node.served).tenantId])
    assert.ok(!page.includes(secret), 'an id or a key is in a label');
});

test('the lag is the age of the oldest record without a place, and a queued run shows how long it waits', async () => {
  const before = await series();
  assert.equal(before.get('sallyport_oldest_queued_seconds'), 0);
  const { tenantId } = await node.served;
  // A tenant that is suspended is claimed for by nobody; the oldest id is an hour old.
  const id = `${(Date.now() - 3_600_000)
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})(.{4})$/, '$1-$2')}-7000-8000-000000000001`;
  await database.admin("update app.tenants set state = 'suspended' where tenant_id = $1", [tenantId]);
  await database.admin(
    `insert into app.runs select (jsonb_populate_record(r, jsonb_build_object('id', $1::text, 'status', 'queued'))).* from app.runs r limit 1`,
    [id],
  );
  const after = await series();
  assert.equal(after.get('sallyport_runs{status="queued"}'), 1);
  const age = after.get('sallyport_oldest_queued_seconds') ?? 0;
  assert.ok(age > 3_590 && age < 3_700, String(age));
});

test('where they are off, the operator finds nothing', async () => {
  const api = await startApi();
  try {
    assert.equal((await api.ask('/metrics', { key: api.operatorKey })).json.code, 'not_found');
  } finally {
    await api.close();
  }
});

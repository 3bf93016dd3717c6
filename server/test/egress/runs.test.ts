// Whole runs under the policy of their tenant: what is denied is not called, at no hop; what is limited ends; each hop is told once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EventEnvelope, PutEgressPolicy } from '@sallyport/contracts';
import { putEgressPolicy } from '../../src/egress/egress.ts';
import type { RunId } from '../../src/ids.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';

const PAGE = 'A page with one sentence that is long enough to be kept.';
let reached: string[] = [];
let site: Site;
let other: Site;
let bench: Workbench;
before(async () => {
  other = await serveSite((request, response) => {
    reached.push(`other ${request.url}`);
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(PAGE);
  });
  site = await serveSite((request, response) => {
    reached.push(`site ${request.url}`);
    if (request.url?.startsWith('/on') === true) {
      response.writeHead(302, { location: `${other.url}/arrived` });
      response.end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(request.url?.startsWith('/long') === true ? PAGE.repeat(40) : PAGE);
  });
  bench = await openWorkbench({ ports: [site.port, other.port] });
  bench.start();
});
after(async () => {
  await bench.close();
  await site.close();
  await other.close();
});

const policy = (wanted: PutEgressPolicy): Promise<void> =>
  bench.database.api.atomic(bench.alice, (tx) =>
    putEgressPolicy(tx, { profile: 'open', allow: [], deny: [], limits: [], ...wanted }),
  );

async function scrape(urls: readonly string[]): Promise<{ events: EventEnvelope[]; id: RunId }> {
  reached = [];
  const id = await bench.createRun({ urls });
  await bench.ended(id);
  return { id, events: await bench.events(id) };
}
const hops = (events: readonly EventEnvelope[]): unknown[][] =>
  events
    .filter((event) => event.type.startsWith('egress.'))
    .map(({ type, data }) => {
      const { host, port, code, status } = data as { host: string; port: number; code?: string; status?: number };
      return [type, host, port, code ?? status];
    });
const failures = (events: readonly EventEnvelope[]): string =>
  JSON.stringify(events.filter((event) => event.type === 'tool.call.failed').map((event) => event.data));

test('each hop that was let out is told once, with where it led and what it cost', async () => {
  await policy({});
  const { events, id } = await scrape([`${site.url}/on`]);
  assert.deepEqual(hops(events), [
    ['egress.allowed', '127.0.0.1', site.port, 302],
    ['egress.allowed', '127.0.0.1', other.port, 200],
  ]);
  const last = events.filter((event) => event.type === 'egress.allowed').at(-1)?.data as { bytes: number };
  assert.equal(last.bytes, PAGE.length);
  assert.ok(!JSON.stringify(events.filter((one) => one.type.startsWith('egress.'))).includes('arrived'));
  assert.equal((await bench.verify(id)).ok, true);
});

test('a redirect to a place that the tenant denies is not followed, and the event names the place', async () => {
  await policy({ deny: [`127.0.0.1:${other.port}`] });
  const { events } = await scrape([`${site.url}/on`]);
  assert.deepEqual(reached, ['site /on']);
  assert.deepEqual(hops(events), [
    ['egress.allowed', '127.0.0.1', site.port, 302],
    ['egress.blocked', '127.0.0.1', other.port, 'host'],
  ]);
  assert.match(failures(events), /could not be reached/i);
  assert.ok(!failures(events).includes('denies'), 'the model hears no rule');
});

test('under `internal` only the list is called', async () => {
  await policy({ profile: 'internal', allow: [`127.0.0.1:${site.port}`] });
  const { events } = await scrape([`${site.url}/a`, `${other.url}/b`]);
  assert.deepEqual(reached, ['site /a']);
  assert.deepEqual(
    hops(events).map((hop) => hop[0]),
    ['egress.allowed', 'egress.blocked'],
  );
});

test('a policy opens no address that the operator did not open', async () => {
  await policy({ profile: 'internal', allow: ['169.254.169.254', '127.0.0.1', '10.0.0.1'] });
  const { events } = await scrape(['http://169.254.169.254/latest', 'http://10.0.0.1/']);
  assert.deepEqual(
    hops(events).map((hop) => [hop[0], hop[3]]),
    [
      ['egress.blocked', 'address'],
      ['egress.blocked', 'address'],
    ],
  );
});

test('calls beyond the limit of the minute do not go out, for a tool and for the tenant', async () => {
  for (const limits of [[{ calls_per_minute: 2 }], [{ tool: 'web.scrape', calls_per_minute: 2 }]]) {
    await bench.database.admin('delete from app.egress_use');
    await policy({ limits });
    // The window is the clock's own: near its end the calls would fall into two.
    await bench.database.admin('select pg_sleep(greatest(0, extract(second from clock_timestamp()) - 50) * 1.2)');
    const { events } = await scrape([`${site.url}/1`, `${site.url}/2`, `${site.url}/3`]);
    assert.equal(reached.length, 2, JSON.stringify(limits));
    assert.equal(hops(events).filter((hop) => hop[0] === 'egress.blocked' && hop[3] === 'busy').length, 1);
  }
});

test('a tenant that has moved its bytes of the hour calls no more, and the next hour is new', async () => {
  await bench.database.admin('delete from app.egress_use');
  await policy({ limits: [{ bytes_per_hour: 1_000 }] });
  const { events } = await scrape([`${site.url}/long`, `${site.url}/2`]);
  assert.equal(reached.length, 1);
  assert.equal(hops(events).filter((hop) => hop[3] === 'busy').length, 1);
  const { rows } = await bench.database.admin('select bytes::int as n from app.egress_use');
  assert.equal(rows[0]?.n, PAGE.length * 40);
  await bench.database.admin("update app.egress_use set hour = hour - interval '1 hour'");
  assert.ok((await scrape([`${site.url}/2`])).events.some((event) => event.type === 'egress.allowed'));
});

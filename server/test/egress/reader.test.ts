// A page through a reader service: whose key it bears, what is never given to it, and who may say no to it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EventEnvelope } from '@sallyport/contracts';
import { openGuards } from '../../src/boot/boot.ts';
import { readConfig } from '../../src/config.ts';
import { putEgressPolicy } from '../../src/egress/egress.ts';
import { asId } from '../../src/ids.ts';
import { createSecret, deleteSecret } from '../../src/secrets/secrets.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';

const OWN_KEY = 'jina_of_the_deployment_5d1f';
const TENANT_KEY = 'jina_of_the_tenant_90ab';
let asked: { path: string; key: string | undefined }[] = [];
let direct: string[] = [];
let service: Site;
let site: Site;
let bench: Workbench;
let guards: ReturnType<typeof openGuards>;
before(async () => {
  service = await serveSite((request, response) => {
    asked.push({ path: decodeURIComponent(request.url ?? '').slice(1), key: request.headers.authorization });
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('What the service read: a page that is long enough to be kept.');
  });
  site = await serveSite((request, response) => {
    direct.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('What we read ourselves: a page that is long enough to be kept.');
  });
  const env = {
    SALLYPORT_READER_URL: service.url,
    SALLYPORT_READER_API_KEY: OWN_KEY,
    SALLYPORT_EGRESS_ALLOW: `127.0.0.1/32:${site.port}`,
  };
  guards = openGuards(readConfig({ env, flags: {} }));
  bench = await openWorkbench({ ports: [site.port], reader: guards.reader });
  bench.start();
});
after(async () => {
  await bench.close();
  await guards.close();
  await service.close();
  await site.close();
});

async function scrape(url: string): Promise<EventEnvelope[]> {
  asked = [];
  direct = [];
  const id = await bench.createRun({ urls: [url] });
  // A target that bears a credential is held for a person, and goes nowhere meanwhile.
  await bench.rested(id);
  return bench.events(id);
}
const failed = (events: readonly EventEnvelope[]): boolean => events.some((event) => event.type === 'tool.call.failed');
const held = (events: readonly EventEnvelope[]): boolean => events.some((event) => event.type === 'run.waiting');
const within = <T>(work: Parameters<typeof bench.database.api.atomic<T>>[1]): Promise<T> =>
  bench.database.api.atomic(bench.alice, work);

test('the key of the deployment is used while the tenant has none, and the page is named whole', async () => {
  const url = `${site.url}/a?topic=b`;
  assert.ok(!failed(await scrape(url)));
  assert.deepEqual(asked, [{ path: url, key: `Bearer ${OWN_KEY}` }]);
  assert.deepEqual(direct, []);
});

test("the tenant's own key goes before it, to the service alone, and no line of the log holds it", async () => {
  const host = `127.0.0.1:${service.port}`;
  const secret = await within((tx) =>
    createSecret(tx, bench.alice, { name: 'reader', value: TENANT_KEY, hosts: [host] }),
  );
  const events = await scrape(`${site.url}/b`);
  assert.deepEqual(asked, [{ path: `${site.url}/b`, key: `Bearer ${TENANT_KEY}` }]);
  bench.agent.log.info('said', { detail: `somebody prints ${TENANT_KEY}` });
  assert.ok(!bench.lines.join('\n').includes(TENANT_KEY), 'a used credential is masked wherever it turns up');
  assert.ok(!JSON.stringify(events).includes(TENANT_KEY));
  await within((tx) => deleteSecret(tx, asId(secret.id)));
});

test('a key that is for another host is sent nowhere, and nothing falls back to the key of the deployment', async () => {
  const secret = await within((tx) =>
    createSecret(tx, bench.alice, { name: 'reader', value: TENANT_KEY, hosts: ['r.elsewhere.example'] }),
  );
  assert.ok(failed(await scrape(`${site.url}/c`)));
  assert.deepEqual([asked, direct], [[], []]);
  await within((tx) => deleteSecret(tx, asId(secret.id)));
});

const NEVER = [
  'http://10.0.0.5/admin',
  'http://169.254.169.254/latest/meta-data/',
  'http://[::ffff:192.168.1.1]/',
  'http://2130706433/',
  'https://files.example/x?X-Amz-Signature=abcd&X-Amz-Credential=k',
  'https://files.example/x?token=abcd',
  'https://files.example/x?sig=abcd',
  'https://files.example/x#access_token=abcd',
];
test('an inner address and a link that bears a credential are given to no service', async () => {
  for (const url of NEVER) {
    const events = await scrape(url);
    assert.ok(failed(events) || held(events), url);
    assert.deepEqual([asked, direct], [[], []], url);
  }
});

test('a page that the tenant denies is not given to the service, and a tenant may say no to the service', async () => {
  await within((tx) => putEgressPolicy(tx, { deny: [`127.0.0.1:${site.port}`] }));
  assert.ok(failed(await scrape(`${site.url}/d`)));
  assert.deepEqual([asked, direct], [[], []]);
  await within((tx) => putEgressPolicy(tx, { deny: [], reader: false }));
  assert.ok(!failed(await scrape(`${site.url}/e`)));
  assert.deepEqual([asked, direct], [[], ['/e']]);
});

// A page is fetched, an attack is refused, and the guard tells of both. Talks to loopback only:
//   node libs/egress/example/guarded-fetch.ts   (Node 24)
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgressGuard, type Decision, EgressError } from '@sallyport/egress';

const server = createServer((request, response) => {
  if (request.url === '/attack')
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
  else response.end('a page');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const decisions: Decision[] = [];
const guard = createEgressGuard({
  profile: 'web',
  // Loopback is refused; this operator opens one address and port of it.
  allowAddresses: [`127.0.0.1/32:${port}`],
  pace: { rate: { perSecond: 5, burst: 10 } },
  onDecision: (decision) => decisions.push(decision),
});

const page = await guard.fetch(`http://127.0.0.1:${port}/page?session=hidden`, { key: 'tenant-1 web.scrape' });
assert.equal(await page.text(), 'a page');

const refusal = await guard.fetch(`http://127.0.0.1:${port}/attack`).catch((error: unknown) => error);
assert.ok(refusal instanceof EgressError);
assert.deepEqual(
  [refusal.code, refusal.hop, refusal.publicMessage],
  ['address', 1, 'The address could not be reached.'],
);

for (const { verdict, hop, url, rule = '' } of decisions)
  process.stdout.write(`${verdict} hop ${hop} ${url} ${rule}\n`);
await guard.close();
server.close();

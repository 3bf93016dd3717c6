// Measures CPU time of a guarded request against undici's own fetch on kept connections, and the time of one classification.
// Rounds of all contenders are interleaved, so that a noisy moment strikes all alike; the median of the ratios counts. Run:
//   node launcher/with-node.mjs bench/egress/egress.bench.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type Agent as HttpAgent } from 'node:http';
import { fileURLToPath } from 'node:url';
import { AntiSSRFPolicy, PolicyConfigOptions } from '@microsoft/antissrf';
import { RequestFilteringHttpAgent } from 'request-filtering-agent';
import { Agent, fetch as plainFetch } from 'undici';
import { parseAddress, refusedBy } from '../../libs/egress/src/address.ts';
import { createEgressGuard } from '../../libs/egress/src/egress.ts';
import { createSocketDoor } from '../../libs/egress/src/socket-door.ts';

const ROUNDS = 31;
const REQUESTS = 300;
const AT_ONCE = 8;
const TARGET = 1.1;

const child = spawn(process.execPath, [fileURLToPath(new URL('./answering.mjs', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = (await once(child.stdout, 'data')) as [Buffer];
const port = Number(line.toString());
const url = `http://127.0.0.1:${port}/`;

const guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${port}`] });
const agent = new Agent({ connections: AT_ONCE });
const filtering = new RequestFilteringHttpAgent({
  keepAlive: true,
  maxSockets: AT_ONCE,
  allowIPAddressList: ['127.0.0.1'],
});
const policy = new AntiSSRFPolicy(PolicyConfigOptions.ExternalOnlyLatest);
policy.allowPlainTextHttp = true;
policy.addAllowedAddresses(['127.0.0.1/32']);
const antissrf = policy.getHttpAgent({ keepAlive: true, maxSockets: AT_ONCE });

const through = (from: HttpAgent): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, { agent: from }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve(bytes));
    }).on('error', reject);
  });

const contenders: Readonly<Record<string, () => Promise<number>>> = {
  'undici fetch': async () => (await (await plainFetch(url, { dispatcher: agent })).arrayBuffer()).byteLength,
  'guard.fetch': async () => (await (await guard.fetch(url)).arrayBuffer()).byteLength,
  'guard.read': async () => (await guard.read(url)).body.length,
  'request-filtering-agent (node:http)': () => through(filtering),
  '@microsoft/antissrf (node:http)': () => through(antissrf),
};

async function round(call: () => Promise<number>, requests: number): Promise<number> {
  let left = requests;
  const before = process.cpuUsage();
  const work = async (): Promise<void> => {
    while (left-- > 0) if ((await call()) !== 1024) throw new Error('another answer than 1 KiB');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const used = process.cpuUsage(before);
  return (used.user + used.system) / requests;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const costs = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
for (let at = -3; at < ROUNDS; at++) {
  for (const [name, call] of Object.entries(contenders)) {
    const cost = await round(call, REQUESTS);
    if (at >= 0) costs.get(name)?.push(cost);
  }
}

const base = costs.get('undici fetch') ?? [];
process.stdout.write(`CPU per request, ${ROUNDS} rounds of ${REQUESTS}, ${AT_ONCE} at once:\n`);
for (const [name, list] of costs) {
  const ratio = median(list.map((cost, at) => cost / (base[at] ?? Number.NaN)));
  process.stdout.write(`  ${name.padEnd(38)} ${median(list).toFixed(0).padStart(5)} us   x${ratio.toFixed(2)}\n`);
}

const addresses = [
  '93.184.215.14',
  '10.1.2.3',
  '2606:4700:4700::1111',
  '::ffff:127.0.0.1',
  '2001:db8::1',
  '255.255.255.255',
];
const parsed = addresses.map((text) => parseAddress(text) ?? new Uint8Array(4));
const door = createSocketDoor({ allow: [], deny: [], fakeIp: [], metadata: false });
const classifiers: Readonly<Record<string, (at: number) => unknown>> = {
  'outer, from bytes': (at) => refusedBy(parsed[at] ?? new Uint8Array(4)),
  'outer, from text': (at) => refusedBy(parseAddress(addresses[at] ?? '') ?? new Uint8Array(4)),
  'inner, from text': (at) => door({ remote: addresses[at] ?? '', local: undefined, port: 443, literal: true }),
};
process.stdout.write('one classification, median of 9 runs:\n');
const times = new Map<string, number>();
for (const [name, classify] of Object.entries(classifiers)) {
  const runs = Array.from({ length: 9 }, () => {
    const turns = 120_000;
    let seen = 0;
    const began = performance.now();
    for (let at = 0; at < turns; at++) seen += classify(at % addresses.length) === undefined ? 0 : 1;
    if (seen === 0) throw new Error('nothing was refused');
    return ((performance.now() - began) * 1_000) / turns;
  });
  times.set(name, median(runs));
  process.stdout.write(`  ${name.padEnd(38)} ${median(runs).toFixed(3)} us\n`);
}

await guard.close();
await agent.close();
filtering.destroy();
antissrf.destroy();
child.stdin.end();

const slow = median((costs.get('guard.fetch') ?? []).map((cost, at) => cost / (base[at] ?? Number.NaN))) > TARGET;
if (slow || (times.get('outer, from bytes') ?? 1) >= 1) process.exitCode = 1;

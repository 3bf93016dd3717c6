// First ratios of the product against a bare server of the same stack (`bare-server.ts`), on one database server: reading a run, creating
// a run, the first event over SSE; and whole rehearsal runs a second over a local page. No goal yet. Rounds are interleaved, so that a noisy
// moment strikes both alike; the median of the ratios counts. Run:
//   npm run bench
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TEST_MASTER_KEY, testDatabase } from '../../server/test/database.ts';

const ROUNDS = 11;
const REQUESTS = 60;
const STREAMS = 20;
const AT_ONCE = 8;
const RUNS = 12;
const BARE = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../cli/bin/sallyport.mjs', import.meta.url));

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const page = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end(
    `<!doctype html><title>Gates</title><article><h1>Gates</h1><p>${'A gate has two doors. '.repeat(60)}</p></article>`,
  );
});
page.listen(0, '127.0.0.1');
await once(page, 'listening');
const pagePort = (page.address() as AddressInfo).port;

const database = await testDatabase();
const data = await mkdtemp(join(tmpdir(), 'sallyport-http-bench-'));
const { host, port, user, database: name } = database.connect.direct;

const bare = spawn(process.execPath, [BARE, host, String(port), user, name], { stdio: ['pipe', 'pipe', 'inherit'] });
const [bareLine] = (await once(bare.stdout, 'data')) as [Buffer];
const bareUrl = `http://127.0.0.1:${Number(bareLine.toString())}`;

const flags = ['--port', '0', '--data', data, '--json', '--log-level', 'error', '--role-prefix', database.prefix];
const served = spawn(process.execPath, [CLI, 'serve', ...flags, '--egress-allow', `127.0.0.1/32:${pagePort}`], {
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  env: {
    PATH: process.env.PATH ?? '',
    HOME: data,
    SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
    DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`,
  },
});
if (served.stdout === null) throw new Error('the server has no output');
const [ready] = (await once(served.stdout, 'data')) as [Buffer];
const { url: ourUrl, api_key: key } = JSON.parse(ready.toString()) as { url: string; api_key: string };
const json = { 'content-type': 'application/json' };
const headers = { ...json, authorization: `Bearer ${key}` };

async function create(base: 'bare' | 'ours', urls: readonly string[] = []): Promise<string> {
  // Of a skill whose runs end at once when they name no page: the queue does not fill up over the rounds.
  const body = base === 'bare' ? { task: 'x' } : { skill: 'web-digest', task: 'x', input: { urls } };
  const response = await fetch(base === 'bare' ? `${bareUrl}/runs` : `${ourUrl}/v1/runs`, {
    method: 'POST',
    headers: base === 'bare' ? json : headers,
    body: JSON.stringify(body),
  });
  const made = (await response.json()) as { id: string };
  if (response.status !== 201) throw new Error(`a run was not made: ${JSON.stringify(made)}`);
  return made.id;
}

async function get(url: string, asked: Record<string, string>): Promise<void> {
  const response = await fetch(url, { headers: asked });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
}

/** Until the first event has come. */
async function firstEvent(url: string, asked: Record<string, string>): Promise<void> {
  const stop = new AbortController();
  const response = await fetch(url, { headers: { ...asked, accept: 'text/event-stream' }, signal: stop.signal });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\ndata: ') || text.startsWith('data: ')) break;
  }
  stop.abort();
}

async function timed(calls: number, atOnce: number, call: () => Promise<unknown>): Promise<number> {
  let left = calls;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await call();
    }),
  );
  return (performance.now() - began) / calls;
}

async function ended(id: string): Promise<void> {
  const response = await fetch(`${ourUrl}/v1/runs/${id}/events?view=envelope`, {
    headers: { ...headers, accept: 'text/event-stream' },
  });
  // The stream ends with the run.
  await response.arrayBuffer();
}

async function compare(
  title: string,
  calls: number,
  bareCall: () => Promise<unknown>,
  ourCall: () => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const rounds: { bare: number; ours: number }[] = [];
  for (let at = -2; at < ROUNDS; at++) {
    const round = { bare: await timed(calls, atOnce, bareCall), ours: await timed(calls, atOnce, ourCall) };
    if (at >= 0) rounds.push(round);
  }
  const ratio = median(rounds.map(({ bare: base, ours }) => ours / base));
  const spread = rounds.map(({ bare: base, ours }) => ours / base).toSorted((a, b) => a - b);
  say(
    `${title.padEnd(22)} bare ${median(rounds.map((round) => round.bare))
      .toFixed(2)
      .padStart(7)} ms   ours ${median(rounds.map((round) => round.ours))
      .toFixed(2)
      .padStart(7)} ms   x${ratio.toFixed(2)}   (rounds x${spread[0]?.toFixed(2)} to x${spread.at(-1)?.toFixed(2)})`,
  );
}

try {
  const mine = await create('ours');
  const theirs = await create('bare');
  await ended(mine);
  say(`${ROUNDS} rounds, ${AT_ONCE} at once; time a request, medians; x is ours against bare`);
  await compare(
    'GET run',
    REQUESTS,
    () => get(`${bareUrl}/runs/${theirs}`, {}),
    () => get(`${ourUrl}/v1/runs/${mine}`, headers),
  );
  await compare(
    'create run',
    REQUESTS / 3,
    () => create('bare'),
    () => create('ours'),
  );
  await compare(
    'first event (SSE)',
    STREAMS,
    () => firstEvent(`${bareUrl}/runs/${theirs}/events`, {}),
    () => firstEvent(`${ourUrl}/v1/runs/${mine}/events`, headers),
    1,
  );
  const rates: number[] = [];
  for (let at = 0; at < 5; at++) {
    const began = performance.now();
    const ids = await Promise.all(
      Array.from({ length: RUNS }, () => create('ours', [`http://127.0.0.1:${pagePort}/`])),
    );
    await Promise.all(ids.map(ended));
    rates.push((RUNS * 1_000) / (performance.now() - began));
  }
  say(
    `whole runs             ${median(rates).toFixed(2)} a second (rehearsal over a local page, ${RUNS} at a time, median of ${rates.length})`,
  );
} finally {
  bare.stdin.end();
  served.kill('SIGTERM');
  await once(served, 'exit');
  page.closeAllConnections();
  page.close();
  await database.drop();
  await rm(data, { recursive: true, force: true });
}

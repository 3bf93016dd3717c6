import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Bench, bench, LAUNCHED, type Ready, type Started, start, until } from './instance.ts';

const PAGE = `<!doctype html><title>Gates of old fortresses</title><article><h1>Gates of old fortresses</h1>${'<p>A sally port is a small guarded gate with two doors, one of which is shut before the other opens.</p>'.repeat(
  20,
)}</article>`;

let place: Bench;
let server: Started & { readonly ready: Ready };
let pages: Server;
let pagesUrl = '';
/** Answers of `/slow` wait here: a run that reads it goes on until somebody cancels it. */
const waiting: ServerResponse[] = [];

async function listen(): Promise<void> {
  pages = createServer((request, response) => {
    if (request.url === '/slow') waiting.push(response);
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  pagesUrl = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
}

const serve = (): Promise<Started & { readonly ready: Ready }> =>
  place.serve(['--egress-allow', `127.0.0.1/32:${new URL(pagesUrl).port}`]);

before(async () => {
  place = bench();
  await listen();
  server = await serve();
});
after(async () => {
  await place.clear();
  pages.closeAllConnections();
  pages.close();
});

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the first boot prints one line, and the keys lie in files that nobody else may read', () => {
  const { ready } = server;
  assert.equal(server.stdout().trim().split('\n').length, 1);
  assert.match(ready.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(ready.console_link, /^http:\/\/127\.0\.0\.1:\d+\/sign-in#[\w-]{22,}$/);
  assert.match(ready.tenant_id, /^[0-9a-f-]{36}$/);
  assert.equal(readFileSync(join(place.data, 'first-key'), 'utf8').trim(), ready.api_key);
  for (const name of ['first-key', 'operator-key'])
    assert.equal(statSync(join(place.data, name)).mode & 0o777, 0o600, name);
  const token = ready.console_link.split('#')[1] ?? '';
  for (const secret of [ready.api_key ?? '', token]) assert.ok(!server.stderr().includes(secret), 'a secret is logged');
});

test('a digest of files is watched to its end, saved, exported and verified', async () => {
  writeFileSync(join(place.home, 'notes.md'), '# Notes on gates\n\nA sally port has two doors.\n');
  writeFileSync(join(place.home, 'page.html'), PAGE);
  const done = await place.run([
    'run',
    '--file',
    'notes.md',
    '--file',
    'page.html',
    '--text',
    'Three words here.',
    '--out',
    'saved',
    'Summarise',
  ]);
  assert.equal(done.status, 0, done.stderr + done.stdout);
  for (const shown of [
    /○ created +document-digest@/,
    /▶ started/,
    /◆ model/,
    /← answer +artifact\.read/,
    /✓ succeeded/,
  ])
    assert.match(done.stdout, shown);
  assert.match(done.stdout, /^chain +intact, \d+ events, none removed, head [0-9a-f]{64}$/m);
  assert.match(done.stdout, /^cost +\S+ USD/m);
  const saved = readdirSync(join(place.home, 'saved'));
  assert.ok(saved.includes('digest.md'), saved.join(' '));
  assert.match(readFileSync(join(place.home, 'saved', 'digest.md'), 'utf8'), /gates/i);
  const id = /^run +(\S+) succeeded$/m.exec(done.stdout)?.[1] ?? '';
  const exported = await place.run(['runs', 'export', id]);
  writeFileSync(join(place.home, 'run.ndjson'), exported.stdout);
  const verified = await start(place.home, ['verify', 'run.ndjson']).done;
  assert.match(verified.stdout, new RegExp(`run ${id}: intact`));
  assert.equal(verified.status, 0);
});

test('a digest of a page reads it through the opened range, and JSON output holds every event', async () => {
  const done = await place.run(['run', '--page', `${pagesUrl}/gates`, '--json', 'What does this page say?']);
  assert.equal(done.status, 0, done.stderr + done.stdout);
  const lines = linesOf(done.stdout);
  const { report } = lines.pop() as {
    report: { run: { status: string; last_seq: number }; entities: { type: string }[]; chain: { ok: boolean } };
  };
  assert.deepEqual(
    lines.map((line) => line.seq),
    lines.map((_, at) => at),
  );
  assert.equal(lines.length, report.run.last_seq + 1);
  assert.deepEqual([report.run.status, report.chain.ok], ['succeeded', true]);
  assert.ok(report.entities.some((entity) => entity.type === 'page'));
});

test('Ctrl-C leaves a run to itself; it is found, cancelled and followed to its end', async () => {
  const watching = start(place.home, ['run', '--page', `${pagesUrl}/slow`, '--data', place.data, 'Wait for it']);
  await until(() => waiting.length > 0 || watching.stdout().includes('✗'), watching.stdout);
  watching.kill('SIGINT');
  const left = await watching.done;
  assert.equal(left.status, 130, left.stderr);
  const id = /cancel it: .* runs cancel (\S+) --data/.exec(left.stderr)?.[1] ?? '';
  assert.match(left.stderr, /Detached; the run goes on/);
  assert.equal(JSON.parse((await place.run(['runs', 'show', id, '--json'])).stdout).status, 'running');
  assert.equal((await place.run(['runs', 'cancel', id])).status, 0);
  for (const response of waiting) response.destroy();
  const followed = await place.run(['runs', 'follow', id]);
  assert.match(followed.stdout, /■ cancelled/);
  assert.equal(followed.status, 2);
  const again = await place.run(['runs', 'cancel', id]);
  assert.match(again.stderr, /already_ended/);
  assert.equal(again.status, 1);
});

test('another tenant sees nothing of the first', async () => {
  const mine = linesOf((await place.run(['runs', '--json'])).stdout);
  assert.ok(mine.length >= 3);
  const created = await place.run(['tenants', 'create', 'Beta', '--json']);
  const { tenant_id: tenantId, api_key: apiKey } = JSON.parse(created.stdout) as { tenant_id: string; api_key: string };
  assert.deepEqual(Object.keys(JSON.parse(created.stdout)), ['tenant_id', 'api_key']);
  assert.notEqual(tenantId, server.ready.tenant_id);
  const beta = { SALLYPORT_API_KEY: apiKey };
  for (const words of [['runs'], ['artifacts', 'list']]) {
    const seen = await place.run([...words, '--json'], beta);
    assert.deepEqual([seen.stdout, seen.status], ['', 0]);
  }
  const id = String(mine[0]?.id);
  for (const words of [
    ['runs', 'show', id],
    ['runs', 'follow', id],
    ['runs', 'export', id],
    ['runs', 'cancel', id],
  ]) {
    const seen = await place.run(words, beta);
    assert.deepEqual([seen.stdout, seen.status], ['', 66], `${words.join(' ')}: ${seen.stderr}`);
  }
  assert.match((await place.run(['tenants', 'list'])).stdout, /Beta/);

  assert.equal((await place.run(['purge', tenantId])).status, 64, 'the name is to be said once more');
  const wrong = await place.run(['purge', tenantId, '--confirm', 'Alpha']);
  assert.match(wrong.stderr, /invalid_input/);
  assert.equal((await place.run(['runs', '--json'], beta)).status, 0);
  const purged = await place.run(['purge', tenantId, '--confirm', 'Beta', '--json']);
  assert.equal(purged.status, 0, purged.stderr);
  const certificate = JSON.parse(purged.stdout) as { tenant_id: string; stores: { remaining: number }[] };
  assert.equal(certificate.tenant_id, tenantId);
  assert.ok(certificate.stores.length > 10 && certificate.stores.every(({ remaining }) => remaining === 0));
  assert.equal((await place.run(['runs'], beta)).status, 77);
});

test('a key is made, used, revoked and then refused', async () => {
  const made = await place.run(['keys', 'create', 'ci', '--scopes', 'runs:read', '--expires-in', '1h', '--json']);
  const { id, api_key: apiKey } = JSON.parse(made.stdout) as { id: string; api_key: string };
  const ci = { SALLYPORT_API_KEY: apiKey };
  assert.equal((await place.run(['runs'], ci)).status, 0);
  const beyond = await place.run(['keys', 'list'], ci);
  assert.deepEqual([beyond.status, /forbidden/.test(beyond.stderr)], [77, true]);
  const listed = await place.run(['keys', 'list']);
  assert.ok(listed.stdout.includes(id) && !listed.stdout.includes(apiKey));
  assert.equal((await place.run(['keys', 'revoke', id])).status, 0);
  assert.equal((await place.run(['runs'], ci)).status, 77);
});

test('a list says where agents may go, and a URL is asked about without a call', async () => {
  const set = await place.run(['egress', 'set', '--deny', '*.evil.example, b.example:8443']);
  assert.equal(set.status, 0, set.stderr);
  assert.match(set.stdout, /deny +\*\.evil\.example b\.example:8443/);
  const refused = await place.run(['egress', 'check', 'https://a.evil.example/']);
  assert.deepEqual([refused.status, /the tenant denies \*\.evil\.example/.test(refused.stdout)], [1, true]);
  const inner = await place.run(['egress', 'check', 'http://169.254.169.254/', '--json']);
  assert.deepEqual([inner.status, (JSON.parse(inner.stdout) as { code: string }).code], [1, 'address']);
  assert.equal((await place.run(['egress', 'set'])).status, 64);
  assert.equal((await place.run(['egress', 'set', '--deny', 'none'])).status, 0);
  const decided = await place.run(['egress', 'decisions', '--json', '--tool', 'web.scrape', '--limit', '5']);
  assert.equal(decided.status, 0, decided.stderr);
  for (const line of decided.stdout.trim().split('\n').filter(Boolean))
    assert.equal((JSON.parse(line) as { tool: string }).tool, 'web.scrape');
  assert.equal((await place.run(['egress', 'decisions', '--host', '*.example'])).status, 65);
});

test('a credential of a tool comes from a file, is listed without its value, replaced and deleted', async () => {
  const path = join(place.home, 'partner-key');
  const value = 'tok_of_a_partner_7f3d';
  writeFileSync(path, `${value}\n`, { mode: 0o600 });
  const words = ['secrets', 'set', 'partner', '--host', 'api.partner.example', '--value-file', path];
  for (const word of ['kept', 'replaced']) {
    const written = await place.run(words);
    assert.deepEqual([written.status, written.stderr.includes(word)], [0, true], written.stderr);
  }
  const listed = await place.run(['secrets', 'list', '--json']);
  assert.ok(listed.stdout.includes('api.partner.example') && !listed.stdout.includes(value));
  const { id } = JSON.parse(listed.stdout.trim().split('\n')[0] ?? '') as { id: string };
  assert.equal((await place.run(['secrets', 'delete', id])).status, 0);
  assert.equal((await place.run(['secrets', 'list'])).stdout.includes('partner'), false);
  assert.equal((await place.run(['secrets', 'set', 'x', '--value-file', path])).status, 64);
  chmodSync(path, 0o644);
  assert.equal((await place.run(words)).status, 77);
});

test('the audit log names what was done, and its export verifies offline until a word of it is changed', async () => {
  const path = join(place.home, 'audit.jsonl');
  let lines: string[] = [];
  // A record shows when it has its place in the chain, within a second.
  for (let actions = ''; !actions.includes('key.revoked'); ) {
    const listed = await place.run(['audit', 'list', '--json']);
    assert.equal(listed.status, 0, listed.stderr);
    actions = listed.stdout;
  }
  lines = (await place.run(['audit', 'export'])).stdout.trim().split('\n');
  writeFileSync(path, `${lines.join('\n')}\n`);
  const whole = await start(place.home, ['verify', path]).done;
  assert.equal(whole.status, 0, whole.stderr);
  assert.match(whole.stdout, /audit .*: intact, \d+ records/);
  assert.doesNotMatch(lines.join('\n'), /sp_(live|test|op)_/, 'no key is in it');
  writeFileSync(path, lines.join('\n').replace('"key.revoked"', '"key.created"'));
  assert.equal((await start(place.home, ['verify', path]).done).status, 1);
});

test('a second server on the folder, and one on the port, are refused with a status of their own', async (t) => {
  const locked = await start(place.home, ['serve', '--port', '0', '--data', place.data]).done;
  assert.equal(locked.status, 84, locked.stderr);
  const other = bench();
  t.after(() => other.clear());
  const { port } = new URL(server.ready.url);
  const taken = await other.run(['serve', '--port', port]);
  assert.equal(taken.status, 87, taken.stderr);
  assert.ok(taken.stderr.includes(`127.0.0.1:${port} is taken`) && taken.stderr.includes(`:${port}`));
  assert.equal(taken.stdout, '');
});

test('an artifact is fetched byte for byte, and nothing is overwritten', async () => {
  const [digest] = linesOf((await place.run(['artifacts', 'list', '--json'])).stdout).filter(
    (one) => one.name === 'digest.md',
  );
  const id = String(digest?.id);
  const piped = await place.run(['artifacts', 'get', id]);
  assert.equal(Buffer.byteLength(piped.stdout), digest?.bytes);
  mkdirSync(join(place.home, 'one'));
  const file = join(place.home, 'one', 'digest.md');
  assert.equal((await place.run(['artifacts', 'get', id, '-o', file])).status, 0);
  assert.equal(readFileSync(file, 'utf8'), piped.stdout);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await place.run(['artifacts', 'get', id, '-o', file])).status, 73);
});

test('the database is migrated once, step by step, and a worker needs a database that runs', async (t) => {
  const other = bench();
  t.after(() => other.clear());
  const first = await other.run(['migrate']);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^1\/\d+ 0001_baseline\.sql\n[\s\S]*applied \d+\n$/);
  assert.deepEqual(await other.run(['migrate']), {
    status: 0,
    stdout: 'nothing to do: the database is up to date\n',
    stderr: '',
  });
  assert.equal((await other.run(['worker'])).status, 90);
  const worker = start(place.home, ['worker', '--data', place.data]);
  await until(() => worker.stderr().includes('worker is ready'), worker.stderr);
  worker.kill('SIGTERM');
  assert.equal((await worker.done).status, 0);
});

test('every wrong setting is named in one message', async () => {
  const done = await place.run(['serve', '--port', '99999', '--host', 'nowhere'], {
    SALLYPORT_PROT: '1',
    SALLYPORT_URL: 'x',
  });
  assert.equal(done.status, 78);
  assert.deepEqual(
    done.stderr.match(/SALLYPORT_\w+/g)?.filter((name, at, all) => all.indexOf(name) === at),
    ['SALLYPORT_HOST', 'SALLYPORT_PORT', 'SALLYPORT_PROT'],
  );
});

test('a launcher that is killed takes the server and its database along', async (t) => {
  const other = bench();
  t.after(() => other.clear());
  const launched = await other.serve([], LAUNCHED);
  launched.kill('SIGKILL');
  await until(
    () => other.processes().length === 0,
    () => other.processes().join('\n'),
    60_000,
  );
  await assert.rejects(fetch(launched.ready.url));
  assert.ok(!existsSync(join(other.data, 'server.json')), 'it ended in order');
});

/** Last of the file: it ends and starts the server that the others use. */
test('ended by a signal or killed, it leaves no process, and the next start has lost nothing', async () => {
  const before = linesOf((await place.run(['runs', '--json', '--limit', '100'])).stdout);
  for (const [signal, status] of [
    ['SIGINT', 0],
    ['SIGTERM', 0],
    ['SIGKILL', null],
  ] as const) {
    const api = server.ready.url;
    if (existsSync('/proc/self/cmdline')) assert.notEqual(place.processes().length, 0);
    server.kill(signal);
    assert.equal((await server.done).status, status, signal);
    await until(
      () => place.processes().length === 0,
      () => place.processes().join('\n'),
      60_000,
    );
    await assert.rejects(fetch(api));
    const dead = await place.run(['runs']);
    assert.equal(dead.status, 69, dead.stderr);
    server = await serve();
    assert.equal(server.ready.api_key, undefined, 'the key is shown on the first boot only');
    const now = linesOf((await place.run(['runs', '--json', '--limit', '100'])).stdout);
    assert.deepEqual(
      now.map((one) => [one.id, one.status, one.head]),
      before.map((one) => [one.id, one.status, one.head]),
    );
  }
  const exported = await place.run(['runs', 'export', String(before[0]?.id)]);
  writeFileSync(join(place.home, 'after.ndjson'), exported.stdout);
  assert.equal((await start(place.home, ['verify', 'after.ndjson']).done).status, 0);
});

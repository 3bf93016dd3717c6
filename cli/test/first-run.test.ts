// S1, S6, S26: the first minutes on a bare machine, measured on a process that records every way out it takes.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, bench, type Ready, type Started, start, until } from './instance.ts';

const READY_MS = 30_000;
const RUN_MS = 120_000;
const IDLE_MS = 5_000;

/** Loaded before the program, in its threads too: writes down every connect, datagram and lookup, and lets it happen. */
const RECORDER = `import { appendFileSync } from 'node:fs';
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
const record = (kind, what) => appendFileSync(process.env.SALLYPORT_TEST_RECORD, JSON.stringify([kind, what]) + '\\n');
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const given = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof given === 'object' && given !== null && given.path == null) record('connect', given.host + ':' + given.port);
  else if (typeof given === 'number') record('connect', args[1] + ':' + given);
  return connect.apply(this, args);
};
const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (...args) { record('datagram', String(args[4] ?? '')); return send.apply(this, args); };
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
  const real = dns[name];
  dns[name] = (...args) => { if (net.isIP(String(args[0])) === 0) record('lookup', String(args[0])); return real(...args); };
}`;

let place: Bench;
let server: Started;
let ready: Ready;
let readyMs = 0;
let record = '';

before(async () => {
  place = bench();
  record = join(place.home, 'ways-out');
  const began = performance.now();
  server = start(
    place.home,
    ['serve', '--port', '0', '--data', place.data, '--json', '--egress-allow', '127.0.0.1/32'],
    {
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(RECORDER)}`,
      SALLYPORT_TEST_RECORD: record,
    },
  );
  await until(() => server.stdout().includes('\n'), server.stderr);
  readyMs = performance.now() - began;
  ready = JSON.parse(server.stdout()) as Ready;
});
after(async () => {
  server.kill('SIGTERM');
  await server.done;
  await place.clear();
});

function waysOut(): string[] {
  return existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : [];
}

test('a first start on an empty folder is ready within half a minute', () => {
  assert.ok(readyMs < READY_MS, `ready after ${readyMs} ms`);
});

test('booting and standing idle makes no connection, sends no datagram and looks no name up', async () => {
  await delay(IDLE_MS);
  const response = await fetch(`${ready.url}/readyz`);
  assert.equal(response.status, 200);
  assert.deepEqual(waysOut(), []);
});

test('a rehearsal run succeeds within two minutes, and it is the first that goes out', async (t) => {
  const pages = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<title>Gates</title><article><h1>Gates</h1>${'<p>A gate has two doors.</p>'.repeat(30)}</article>`);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  t.after(() => pages.close());
  const { port } = pages.address() as AddressInfo;
  const began = performance.now();
  const done = await place.run(['run', '--page', `http://127.0.0.1:${port}/`, 'What does it say?']);
  assert.equal(done.status, 0, done.stderr + done.stdout);
  assert.ok(performance.now() - began < RUN_MS);
  assert.ok(waysOut().includes(JSON.stringify(['connect', `127.0.0.1:${port}`])), 'the recorder sees a way out');
  pages.closeAllConnections();
});

test('two fresh folders share no secret', async (t) => {
  const other = bench();
  t.after(() => other.clear());
  const second = await other.serve([]);
  const secretsOf = (data: string): string[] =>
    [...readdirSync(join(data, 'keys')).map((name) => join('keys', name)), 'first-key', 'operator-key'].map((name) =>
      readFileSync(join(data, name), 'utf8').trim(),
    );
  const mine = secretsOf(place.data);
  assert.ok(mine.length >= 4 && mine.every((secret) => secret.length >= 32));
  const theirs = new Set(secretsOf(other.data));
  assert.deepEqual(
    mine.filter((secret) => theirs.has(secret)),
    [],
  );
  assert.notEqual(ready.console_link.split('#')[1], second.ready.console_link.split('#')[1]);
  second.kill('SIGTERM');
  await second.done;
});

test('the doctor finds nothing in the way of a server that runs, and says what a stopped one lacks', async () => {
  const sound = await place.run(['doctor', '--json']);
  assert.equal(sound.status, 0, sound.stdout + sound.stderr);
  const report = JSON.parse(sound.stdout) as { ok: boolean; checks: { check: string; state: string }[] };
  assert.deepEqual(
    [report.ok, report.checks.filter((one) => one.state === 'fail' || one.state === 'skipped')],
    [true, []],
  );
  for (const check of [
    'node',
    'settings',
    'folder',
    'space',
    'keys',
    'blobs',
    'database',
    'migrations',
    'clock',
    'egress',
    'port',
    'server',
  ])
    assert.ok(
      report.checks.some((one) => one.check === check),
      check,
    );
  assert.ok(ready.api_key !== undefined && !sound.stdout.includes(ready.api_key));
  const away = await place.run(['doctor', '--json', '--data', join(place.home, 'nothing')]);
  assert.equal(away.status, 64, 'a flag stands once');
  const other = await start(place.home, ['doctor', '--data', join(place.home, 'nothing')]).done;
  assert.equal(other.status, 0, other.stdout + other.stderr);
  assert.match(other.stdout, /skipped +folder .*is not there yet\n +fix: sallyport serve makes it/);
  const wrong = await start(place.home, ['doctor', '--port', 'x', '--data', place.data]).done;
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /fail +settings +SALLYPORT_PORT .*\n +fix: correct or unset SALLYPORT_PORT/);
});

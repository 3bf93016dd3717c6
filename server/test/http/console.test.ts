// The console's files over HTTP: a folder as the build writes it, a real server, and every header that guards the page.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { loadConsole, ROUTES } from '../../src/http/http.ts';
import { type Api, startApi } from './api.ts';

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2_000))});`;
const FONT = Buffer.from([0x77, 0x4f, 0x46, 0x32, 0xff]);
const HTML = `<meta property="csp-nonce" nonce="{{nonce}}"><meta name="sallyport-base" content="{{base}}">
<script type="module" src="{{base}}assets/main-ABC.js"></script>`;
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let api: Api;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-console-'));
  await build(folder);
  api = await startApi({ console: await loadConsole(folder) });
});
after(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

async function build(to: string, change: Record<string, unknown> = {}): Promise<void> {
  const assets = join(to, 'assets');
  await mkdir(assets, { recursive: true });
  await writeFile(join(to, 'index.html'), HTML);
  await writeFile(join(assets, 'main-ABC.js'), SCRIPT);
  await writeFile(join(assets, 'main-ABC.js.br'), brotliCompressSync(SCRIPT));
  await writeFile(join(assets, 'main-ABC.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(assets, 'plex-ABC.woff2'), FONT);
  const files = [
    { name: 'main-ABC.js', type: 'text/javascript; charset=utf-8', sha256: sha256(SCRIPT), compressed: true },
    { name: 'plex-ABC.woff2', type: 'font/woff2', sha256: sha256(FONT), compressed: false },
  ];
  const manifest = { version: 1, html_sha256: sha256(HTML), files, ...change };
  await writeFile(join(to, 'manifest.json'), JSON.stringify(manifest));
}

async function withBuild(change: Record<string, unknown>, work: (to: string) => Promise<void>): Promise<void> {
  const to = await mkdtemp(join(tmpdir(), 'sallyport-console-'));
  try {
    await build(to, change);
    await work(to);
  } finally {
    await rm(to, { recursive: true, force: true });
  }
}

const EXPECTED_POLICY = (nonce: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types sallyport-worker`;

test('every screen is the page, under a fresh nonce and the strict policy, never cached nor framed', async () => {
  const nonces = new Set<string>();
  const id = '0198f2aa-0000-7000-8000-000000000000';
  const paths = [
    '/',
    '/sign-in',
    '/runs',
    `/runs/${id}`,
    `/runs/${id}/events?at=3`,
    '/artifacts?run=x',
    '/keys',
    '/skills',
    '/entities',
    '/audit?action=key.created',
    '/posture',
    '/runs/',
  ];
  for (const path of paths) {
    const answer = await api.ask(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    const nonce = /nonce="([A-Za-z0-9+/]{22}==)"/.exec(answer.text)?.[1] ?? '';
    assert.equal(answer.headers.get('content-security-policy'), EXPECTED_POLICY(nonce));
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('x-frame-options'), 'DENY');
    assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.match(answer.headers.get('permissions-policy') ?? '', /camera=\(\).*geolocation=\(\)/);
    assert.ok(answer.text.includes('src="/assets/main-ABC.js"'), 'the address is whole: the page has no base');
    assert.ok(!answer.text.includes('{{'));
    nonces.add(nonce);
  }
  assert.equal(nonces.size, paths.length);
});

test('what belongs to the API, and what is nothing, is never the page', async () => {
  const { api_key: key } = api.tenantA;
  for (const path of [
    '/v1',
    '/v1/nothing',
    '/v1/runs/x/y/z',
    '/documents',
    '/openapi.yaml',
    '/favicon.ico',
    '/runs/a/b/c',
    '/nothing',
    '/assets',
    '/index.html',
  ]) {
    const answer = await api.ask(path, { key });
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8', path);
  }
  assert.deepEqual((await api.ask('/healthz')).json, { status: 'ok' });
  assert.equal((await api.ask('/metrics', { key })).status, 403, 'the operator alone sees figures');
  const posted = await api.ask('/runs', { method: 'POST' });
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET']);
  assert.ok(
    ROUTES.filter((route) => route.kind === 'page').every(
      (route) => route.access === 'public' && !route.path.startsWith('/v1'),
    ),
  );
});

test('a file is kept for ever, comes in the form that was asked for, and is not sent twice', async () => {
  const ask = (headers: Record<string, string>, path = '/assets/main-ABC.js'): Promise<Response> =>
    fetch(`${api.nodes[0]?.url}${path}`, { headers });
  const forms = [
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['gzip;q=0.5, br;q=0', 'gzip'],
    ['BR;q=1.0', 'br'],
    ['identity', null],
    ['br;q=0, gzip;q=0.000', null],
  ] as const;
  const tags = new Map<string | null, string>();
  for (const [accepted, form] of forms) {
    const answer = await ask({ 'accept-encoding': accepted });
    assert.deepEqual([answer.status, answer.headers.get('content-encoding')], [200, form], accepted);
    assert.equal(await answer.text(), SCRIPT, 'the reader undoes the form');
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(answer.headers.get('vary'), 'accept-encoding');
    assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin');
    const etag = answer.headers.get('etag') ?? '';
    assert.equal(tags.get(form) ?? etag, etag);
    tags.set(form, etag);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await ask({ 'accept-encoding': accepted, 'if-none-match': known });
      assert.deepEqual([again.status, await again.text()], [304, '']);
    }
    assert.equal((await ask({ 'accept-encoding': accepted, 'if-none-match': '"other"' })).status, 200);
  }
  assert.equal(new Set(tags.values()).size, 3, 'each form has a tag of its own');
  const font = await ask({ 'accept-encoding': 'br' }, '/assets/plex-ABC.woff2');
  assert.deepEqual(Buffer.from(await font.arrayBuffer()), FONT);
  assert.equal(font.headers.get('content-encoding'), null);
  for (const name of [
    'main-ABC.js.br',
    'main-ABC.js.gz',
    '..%2Fmanifest.json',
    '%2e%2e/manifest.json',
    'manifest.json',
    '',
    'constructor',
  ])
    assert.equal((await ask({}, `/assets/${name}`)).status, 404, name);
});

test('without a build, and with one that is not what was built, the page says how to build it and the API goes on', async () => {
  const missing = await loadConsole(join(folder, 'nowhere'));
  assert.deepEqual([missing.html, missing.fault], [undefined, undefined]);
  const broken: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ html_sha256: 'a'.repeat(64) }, /index\.html is not what was built/],
    [{ version: 2 }, /of another version/],
    [
      { files: [{ name: '../main.js', type: 'text/css; charset=utf-8', sha256: 'a'.repeat(64) }] },
      /a name is not valid/,
    ],
    [{ files: [{ name: 'main-ABC.js', type: 'text/html', sha256: 'a'.repeat(64) }] }, /a type is not valid/],
    [
      { files: [{ name: 'main-ABC.js', type: 'text/css; charset=utf-8', sha256: 'a'.repeat(64) }] },
      /main-ABC\.js is not what was built/,
    ],
    [{ files: [null] }, /a name is not valid/],
  ];
  for (const [change, fault] of broken)
    await withBuild(change, async (to) => {
      const files = await loadConsole(to);
      assert.equal(files.html, undefined);
      assert.match(files.fault ?? '', fault);
    });
  const bare = await startApi();
  try {
    const page = await bare.ask('/runs');
    assert.equal(page.status, 503);
    assert.match(page.text, /npm run console/);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; .*trusted-types/);
    assert.equal(page.headers.get('x-frame-options'), 'DENY');
    assert.equal((await bare.ask('/v1/me', { key: bare.tenantA.api_key })).status, 200);
  } finally {
    await bare.close();
  }
});

test('behind a path prefix the page and its files are found, whether the proxy strips the prefix or not', async () => {
  const publicUrl = new URL('https://agents.example.com/base');
  const behind = await startApi({ publicUrl, console: await loadConsole(folder) });
  try {
    const { api_key: key } = behind.tenantA;
    for (const prefix of ['', '/base']) {
      const page = await behind.ask(`${prefix}/sign-in`);
      assert.equal(page.status, 200, prefix);
      assert.ok(page.text.includes('src="/base/assets/main-ABC.js"') && page.text.includes('content="/base/"'));
      assert.equal((await behind.ask(`${prefix}/assets/main-ABC.js`)).status, 200);
      assert.equal((await behind.ask(`${prefix}/v1/me`, { key })).status, 200);
      assert.equal((await behind.ask(`${prefix}/v1/me?x=1`, { key })).status, 400);
      assert.equal((await behind.ask(`${prefix}/healthz`)).status, 200);
    }
    assert.equal((await behind.ask('/base')).status, 200);
    for (const path of ['/basement/v1/me', '/base/base/v1/me', '//base/v1/me'])
      assert.equal((await behind.ask(path, { key })).status, 404, path);
    const inUrl = await behind.ask(`/base/runs?k=${key}`);
    assert.deepEqual([inUrl.status, inUrl.json.code], [400, 'credential_in_url']);
  } finally {
    await behind.close();
  }
});

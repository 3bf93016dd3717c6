import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listFaults } from '../../src/errors.ts';
import { ROUTES } from '../../src/http/http.ts';
import { newId } from '../../src/ids.ts';
import { type Api, type Asked, sendRaw, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi({ publicUrl: new URL('https://agents.example.com/base') });
});
after(() => api.close());

const json = { 'content-type': 'application/json' };
const raw = (body: string | Uint8Array, headers: Record<string, string> = json): Asked => ({
  method: 'POST',
  body,
  headers,
});
const deep = (levels: number): string => `{"skill":"web-digest","task":${'['.repeat(levels)}${']'.repeat(levels)}}`;

const BODIES: readonly (readonly [string, Asked, number, string, (string | undefined)?])[] = [
  ['no body', { method: 'POST' }, 400, 'invalid_request', '/skill'],
  ['an empty body', raw(''), 400, 'invalid_request', '/skill'],
  ['not JSON', raw('{'), 400, 'invalid_request'],
  ['two values', raw('{} {}'), 400, 'invalid_request'],
  ['an array', raw('[]'), 400, 'invalid_request', ''],
  ['null', raw('null'), 400, 'invalid_request'],
  ['an unknown field', raw('{"skill":"web-digest","task":"x","tenant_id":"y"}'), 400, 'invalid_request', '/tenant_id'],
  [
    'an unknown field inside',
    raw('{"skill":"web-digest","task":"x","input":{"a/b":1}}'),
    400,
    'invalid_request',
    '/input/a~1b',
  ],
  ['a wrong type', raw('{"skill":"web-digest","task":7}'), 400, 'invalid_request', '/task'],
  ['a prototype', raw('{"skill":"web-digest","task":"x","__proto__":{}}'), 400, 'invalid_request'],
  ['an escaped prototype', raw('{"skill":"web-digest","task":"x","\\u005f_proto__":{}}'), 400, 'invalid_request'],
  ['a constructor', raw('{"skill":"web-digest","task":"x","input":{"constructor":{}}}'), 400, 'invalid_request'],
  ['an equal name twice', raw('{"skill":"web-digest","task":"x","task":"y"}'), 400, 'invalid_request'],
  ['an equal name twice, escaped', raw('{"skill":"web-digest","task":"x","t\\u0061sk":"y"}'), 400, 'invalid_request'],
  ['NUL', raw('{"skill":"web-digest","task":"a\\u0000b"}'), 400, 'invalid_request'],
  ['a lone surrogate', raw('{"skill":"web-digest","task":"\\ud800"}'), 400, 'invalid_request'],
  ['bytes that are no UTF-8', raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, 'invalid_request'],
  ['deep nesting', raw(deep(200_000)), 400, 'invalid_request'],
  ['nesting to the cap', raw(deep(31)), 400, 'invalid_request', '/task'],
  ['more than a mebibyte', raw(`{"task":"${'x'.repeat(1024 * 1024)}"}`), 413, 'too_large'],
  ['another media type', raw('{}', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type'],
  ['a packed body', raw('{}', { ...json, 'content-encoding': 'gzip' }), 415, 'unsupported_media_type'],
  ['a form', raw('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'unsupported_media_type'],
  ['another charset', raw('{}', { 'content-type': 'application/json; charset=utf-16' }), 415, 'unsupported_media_type'],
  ['a garbled media type', raw('{}', { 'content-type': 'application' }), 415, 'unsupported_media_type'],
  ['an unknown skill', raw('{"skill":"nope","task":"x"}'), 422, 'invalid_skill', '/skill'],
  ['an unknown version', raw('{"skill":"web-digest@9.9.9","task":"x"}'), 422, 'invalid_skill'],
  ['an unknown model', raw('{"skill":"web-digest","task":"x","model":"gpt-0"}'), 422, 'unknown_model', '/model'],
  [
    'a credential in an input URL',
    raw('{"skill":"web-digest","task":"x","input":{"urls":["https://a:b@example.com/"]}}'),
    422,
    'invalid_input',
    '/input/urls/0',
  ],
  [
    'a URL that is none',
    raw('{"skill":"web-digest","task":"x","input":{"urls":["https://["]}}'),
    422,
    'invalid_input',
    '/input/urls/0',
  ],
  [
    'an artifact that is not there',
    raw(`{"skill":"web-digest","task":"x","input":{"artifacts":["${newId()}"]}}`),
    422,
    'unknown_reference',
    '/input/artifacts/0',
  ],
  [
    'an idempotency key with a space',
    raw('{"skill":"web-digest","task":"x"}', { ...json, 'idempotency-key': 'a b' }),
    400,
    'invalid_request',
    'Idempotency-Key',
  ],
];

test('a body that is not exactly what the contract says is refused with its code and field', async () => {
  for (const [name, asked, status, code, path] of BODIES) {
    const answer = await api.ask('/v1/runs', { ...asked, key: api.tenantA.api_key });
    assert.deepEqual([answer.status, answer.json?.code], [status, code], `${name}: ${answer.text}`);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    if (path !== undefined) {
      const paths = (answer.json.errors ?? []).map((one: { path: string }) => one.path);
      assert.ok(paths.includes(path), `${name} names ${path}: ${answer.text}`);
    }
  }
});

test('every POST refuses an unknown field, and every GET and DELETE an unknown parameter', async () => {
  for (const route of ROUTES) {
    if (route.kind === 'page' || route.access === 'operator' || (route.method === 'POST' && route.raw)) continue;
    const path = route.path.replaceAll(
      /\{(\w+)\}/g,
      (_all, name) => ({ seq: '0', key: 'tool:nothing', version: '1.0.0' })[name as string] ?? newId(),
    );
    const { api_key: key } = api.tenantA;
    const answer =
      route.method === 'POST'
        ? await api.ask(path, { key, json: { surprise: 1 } })
        : await api.ask(`${path}?surprise=1`, { key, method: route.method });
    assert.deepEqual([answer.status, answer.json?.code], [400, 'invalid_request'], `${route.method} ${route.path}`);
    assert.ok(answer.json.errors.some((one: { path: string }) => one.path === '/surprise'));
  }
});

test('a query is read strictly', async () => {
  const bad = [
    'limit=0',
    'limit=101',
    'limit=1.0',
    'limit=01',
    'limit=1&limit=1',
    'limit=%31&%6cimit=1',
    'limit=',
    'status=done',
    'cursor=AAAA',
    'cursor=..',
    'status=%ff',
    'status=%',
    '__proto__=1',
    Array.from({ length: 30 }, (_, at) => `a${at}=1`).join('&'),
  ];
  for (const query of bad) {
    const answer = await api.ask(`/v1/runs?${query}`, { key: api.tenantA.api_key });
    assert.deepEqual([answer.status, answer.json?.code], [400, 'invalid_request'], query);
  }
});

test('pages go through everything once, newest first', async () => {
  const { api_key: key } = api.tenantB;
  const made: string[] = [];
  for (let count = 0; count < 7; count++) {
    const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: `task ${count}` } });
    made.unshift(run.json.id);
  }
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await api.ask(`/v1/runs?limit=3${cursor}`, { key });
    seen.push(...page.json.data.map((run: { id: string }) => run.id));
    cursor = page.json.next_cursor === null ? '' : `&cursor=${page.json.next_cursor}`;
  } while (cursor !== '');
  assert.deepEqual(seen, made);
});

test('a path that is not served is a missing thing; a method that is not served says which are', async () => {
  const { api_key: key } = api.tenantA;
  for (const path of ['/v1', '/v1/runs/', '/v1//runs', '/V1/runs', '/v1/nothing', '/v1/skills/x'])
    assert.equal((await api.ask(path, { key })).status, 404, path);
  const cases = [
    ['PUT', '/v1/runs', 'POST, GET'],
    ['HEAD', '/v1/runs', 'POST, GET'],
    ['OPTIONS', '/v1/me', 'GET'],
    ['PUT', `/v1/api-keys/${newId()}`, 'GET, PATCH, DELETE'],
    ['PUT', '/v1/session', 'POST, GET, DELETE'],
  ] as const;
  for (const [method, path, allow] of cases) {
    const answer = await api.ask(path, { key, method });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allow], `${method} ${path}`);
  }
});

test('what is hardly HTTP is answered with a problem too', async () => {
  const url = api.nodes[0]?.url ?? '';
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    ['dot segments', ['GET /v1/runs/%2e%2e/me HTTP/1.1', 'Host: localhost'], 404],
    ['plain dot segments', ['GET /v1/runs/../me HTTP/1.1', 'Host: localhost'], 404],
    ['an encoded slash', ['GET /v1%2Fme HTTP/1.1', 'Host: localhost'], 404],
    ['two Hosts', ['GET /healthz HTTP/1.1', 'Host: localhost', 'Host: localhost'], 400],
    ['bad percent-encoding', ['GET /v1/runs/%ZZ HTTP/1.1', 'Host: localhost'], 400],
    ['a very long id', [`GET /v1/runs/${'a'.repeat(3000)} HTTP/1.1`, 'Host: localhost'], 404],
    ['an odd expectation', ['GET /v1/nowhere HTTP/1.1', 'Host: localhost', 'Expect: a-miracle'], 404],
    ['no HTTP', ['HELLO'], 400],
    ['large headers', ['GET /healthz HTTP/1.1', 'Host: localhost', `X-A: ${'a'.repeat(40_000)}`], 413],
    ['no Host', ['GET /healthz HTTP/1.1'], 400],
    ['two lengths', ['POST /v1/session HTTP/1.1', 'Host: localhost', 'Content-Length: 1', 'Content-Length: 2'], 400],
    [
      'length and chunks',
      ['POST /v1/session HTTP/1.1', 'Host: localhost', 'Content-Length: 1', 'Transfer-Encoding: chunked'],
      400,
    ],
    [
      'two media types',
      [
        'POST /v1/session HTTP/1.1',
        'Host: localhost',
        'Content-Type: application/json',
        'Content-Type: text/plain',
        'Content-Length: 0',
      ],
      400,
    ],
  ];
  for (const [name, lines, status] of cases) {
    const [first = '', ...rest] = lines;
    const text = await sendRaw(url, [first, ...rest, 'Connection: close']);
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), `${name}: ${text.slice(0, 200)}`);
    assert.match(text, /content-type: application\/problem\+json/i, name);
  }
});

test('a host name that is not ours is refused on loopback', async () => {
  const url = api.nodes[0]?.url ?? '';
  const status = async (host: string): Promise<string> =>
    (await sendRaw(url, ['GET /healthz HTTP/1.1', `Host: ${host}`, 'Connection: close'])).slice(9, 12);
  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1', '[::1]:9', '10.1.2.3:4600', 'agents.example.com'])
    assert.equal(await status(host), '200', host);
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', 'localhost@evil', 'a b', ''])
    assert.notEqual(await status(host), '200', host);
  assert.equal(await status('evil.example'), '421');
});

test('every answer carries the headers that keep it out of caches and frames, and our own request id', async () => {
  const { api_key: key } = api.tenantA;
  const ids = new Set<string | null>();
  for (const path of ['/healthz', '/readyz', '/v1/me', '/v1/nothing', '/v1/runs?x=1', '/v1/runs/%ZZ']) {
    const answer = await api.ask(path, { key, headers: { 'x-request-id': 'mine' } });
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(answer.headers.get('cache-control'), 'no-store', path);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer', path);
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin', path);
    const id = answer.headers.get('x-request-id');
    assert.match(id ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.ok(!answer.text.includes(id ?? '?'));
    ids.add(id);
  }
  assert.equal(ids.size, 6);
});

test('every route is unique, and every problem of the table has a sentence', () => {
  const names = ROUTES.map((route) => `${route.method} ${route.path}`);
  assert.equal(new Set(names).size, names.length);
  assert.ok(listFaults().every((one) => one.message.endsWith('.')));
});

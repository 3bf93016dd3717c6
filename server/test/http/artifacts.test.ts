import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Api, sendRaw, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const MIB = 1024 * 1024;
const upload = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  api.ask('/v1/artifacts', { key: api.tenantA.api_key, method: 'POST', body, headers });

test('an upload keeps its bytes, its type and its name, and is untrusted and private', async () => {
  const made = await upload('héllo', {
    'content-type': 'Text/Plain; charset="utf-8"',
    'content-disposition': 'attachment; filename="notes.txt"',
  });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.get('location'), `/v1/artifacts/${made.json.id}`);
  const { name, media_type, bytes, sha256, data_class, integrity, confidentiality, run_id, tenant_id } = made.json;
  assert.deepEqual(
    { name, media_type, bytes, sha256, data_class, integrity, confidentiality, run_id, tenant_id },
    {
      name: 'notes.txt',
      media_type: 'text/plain',
      bytes: 6,
      sha256: createHash('sha256').update('héllo').digest('hex'),
      data_class: 'upload',
      integrity: 'untrusted',
      confidentiality: 'private',
      run_id: null,
      tenant_id: api.tenantA.tenant_id,
    },
  );
  const { api_key: key } = api.tenantA;
  assert.deepEqual((await api.ask(`/v1/artifacts/${made.json.id}`, { key })).json, made.json);
  assert.equal((await api.ask('/v1/artifacts?limit=1', { key })).json.data[0].id, made.json.id);
  const content = await api.ask(`/v1/artifacts/${made.json.id}/content`, { key });
  assert.equal(content.text, 'héllo');
  assert.equal(content.headers.get('content-disposition'), `inline; filename="notes.txt"; filename*=UTF-8''notes.txt`);
  const run = await api.ask('/v1/runs', {
    key,
    json: { skill: 'document-digest', task: 't', input: { artifacts: [made.json.id] } },
  });
  assert.deepEqual([run.status, run.json.input], [201, { artifacts: [made.json.id] }]);
});

test('a deleted artifact is a missing thing, and its bytes are gone', async () => {
  const { api_key: key } = api.tenantA;
  const made = await upload('x');
  const gone = await api.ask(`/v1/artifacts/${made.json.id}`, { key, method: 'DELETE' });
  assert.deepEqual([gone.status, gone.text], [204, '']);
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/content'],
    ['DELETE', ''],
  ] as const)
    assert.equal((await api.ask(`/v1/artifacts/${made.json.id}${path}`, { key, method })).status, 404);
  const rows = await api.database.admin('select count(*)::int as n from app.artifacts where id = $1', [made.json.id]);
  assert.equal(rows.rows[0]?.n, 0);
});

const NAMES: readonly (readonly [string, string])[] = [
  ['attachment', 'upload'],
  ['attachment; filename=plain.pdf', 'plain.pdf'],
  ['inline ; FileName="a b.pdf"', 'a b.pdf'],
  ['attachment; filename="quote\\"d.txt"', 'quote_d.txt'],
  ['attachment; filename="../../etc/passwd"', 'passwd'],
  ['attachment; filename="C:\\\\temp\\\\x.doc"', 'x.doc'],
  ['attachment; filename=".."', 'upload'],
  ['attachment; filename="x.txt"; filename*=UTF-8\'\'na%C3%AFve%20%E2%82%AC.txt', 'naïve €.txt'],
  ["attachment; filename*=utf-8'en'..%2f..%2Fx%00%0d%0a.txt", 'x.txt'],
  ["attachment; filename*=UTF-8''txt.%E2%80%AEgpj", 'txt.gpj'],
  [`attachment; filename="${'n'.repeat(900)}"`, 'n'.repeat(200)],
];

test('a file name becomes one harmless path segment', async () => {
  for (const [header, expected] of NAMES) {
    const made = await upload(Buffer.from('x'), { 'content-disposition': header });
    assert.deepEqual([made.status, made.json.name], [201, expected], header.slice(0, 80));
    const content = await api.ask(`/v1/artifacts/${made.json.id}/content`, { key: api.tenantA.api_key });
    assert.match(
      content.headers.get('content-disposition') ?? '',
      /^attachment; filename="[^"\\]*"; filename\*=UTF-8''[!-~]+$/,
    );
  }
});

test('a header of an upload that is not well formed is refused', async () => {
  const bad: readonly Record<string, string>[] = [
    { 'content-type': 'text' },
    { 'content-type': 'text/' },
    { 'content-type': 'text/plain; charset' },
    { 'content-type': 'text/plain, text/html' },
    { 'content-type': `text/${'x'.repeat(200)}` },
    { 'content-disposition': 'form-data; name=x' },
    { 'content-disposition': 'attachment; filename="a"; filename="b"' },
    { 'content-disposition': 'attachment; filename="open' },
    { 'content-disposition': "attachment; filename*=UTF-8''%FF" },
    { 'content-disposition': "attachment; filename*=iso-8859-1''x" },
    { 'content-disposition': 'attachmentx; filename=a' },
  ];
  for (const headers of bad) {
    const answer = await upload(Buffer.from('x'), headers);
    const expected = 'content-type' in headers ? [415, 'unsupported_media_type'] : [400, 'invalid_request'];
    assert.deepEqual([answer.status, answer.json.code], expected, JSON.stringify(headers));
  }
  assert.equal((await upload('x', { 'content-encoding': 'gzip' })).status, 415);
});

test('no browser runs what is stored: only five types are shown, all else is a download of bytes', async () => {
  const types = {
    'text/plain': 'text/plain; charset=utf-8',
    'image/png': 'image/png',
    'image/jpeg': 'image/jpeg',
    'image/webp': 'image/webp',
    'image/gif': 'image/gif',
    'text/html': undefined,
    'image/svg+xml': undefined,
    'application/xhtml+xml': undefined,
    'text/xml': undefined,
    'application/pdf': undefined,
    'text/javascript': undefined,
    'application/json': undefined,
    'multipart/related': undefined,
    constructor: undefined,
  };
  for (const [type, shown] of Object.entries(types)) {
    if (!type.includes('/')) continue;
    const made = await upload('<script>alert(1)</script>', { 'content-type': type });
    const { headers } = await api.ask(`/v1/artifacts/${made.json.id}/content`, { key: api.tenantA.api_key });
    assert.equal(headers.get('content-type'), shown ?? 'application/octet-stream', type);
    assert.match(headers.get('content-disposition') ?? '', shown === undefined ? /^attachment;/ : /^inline;/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'; frame-ancestors 'self'");
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cache-control'), 'private, no-store');
  }
});

function ofSize(bytes: number, onChunk: () => void = () => undefined): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024).fill(7);
  let left = bytes;
  return new ReadableStream({
    pull: (controller) => {
      if (left <= 0) return controller.close();
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
      onChunk();
    },
  });
}

test('sixty mebibytes go up and down as a stream, not through memory', async () => {
  const { api_key: key } = api.tenantA;
  const size = 60 * MIB;
  // Garbage is not what is held: it is collected before each look.
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  let most = 0;
  let chunks = 0;
  const watch = (): void => {
    if (chunks++ % 32 !== 0) return;
    collect();
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  };
  collect();
  const start = process.memoryUsage().arrayBuffers;
  const made = await api.ask('/v1/artifacts', { key, method: 'POST', body: ofSize(size, watch) });
  assert.deepEqual([made.status, made.json.bytes], [201, size]);
  const response = await fetch(`${api.nodes[0]?.url}/v1/artifacts/${made.json.id}/content`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(response.headers.get('content-length'), String(size));
  const hash = createHash('sha256');
  for await (const chunk of response.body ?? []) {
    hash.update(chunk);
    watch();
  }
  assert.equal(hash.digest('hex'), made.json.sha256);
  assert.ok(most - start < size / 2, `${Math.round((most - start) / MIB)} MiB of buffers at once`);
});

test('more than the cap is refused while it streams, and nothing is left behind', async () => {
  const { api_key: key } = api.tenantA;
  const scope = api.database.api.tenant(await api.principal(key));
  const count = async (): Promise<number> => (await Array.fromAsync(api.deps.blobs.list(scope))).length;
  const before = await count();
  const lines = ['Host: localhost', `Authorization: Bearer ${key}`];
  const url = api.nodes[0]?.url ?? '';
  const declared = await sendRaw(url, ['POST /v1/artifacts HTTP/1.1', ...lines, `Content-Length: ${65 * MIB}`]);
  assert.match(declared, /^HTTP\/1\.1 413 /);
  const streamed = await api.ask('/v1/artifacts', { key, method: 'POST', body: ofSize(80 * MIB) }).then(
    (answer) => answer.json.code as string,
    () => 'too_large',
  );
  assert.equal(streamed, 'too_large');
  assert.equal(await count(), before);
});

test('an upload that breaks off leaves nothing behind', async () => {
  const { api_key: key } = api.tenantA;
  const scope = api.database.api.tenant(await api.principal(key));
  const before = (await Array.fromAsync(api.deps.blobs.list(scope))).length;
  const stop = new AbortController();
  let chunks = 0;
  const sent = fetch(`${api.nodes[0]?.url}/v1/artifacts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    // Sixteen mebibytes are more than sockets hold: the server has begun to store by then.
    body: ofSize(60 * MIB, () => {
      if (++chunks === 256) stop.abort();
    }),
    duplex: 'half',
    signal: stop.signal,
  });
  await assert.rejects(sent);
  const line = (): boolean =>
    api.lines.some((one) => one.includes('"POST"') && one.includes('"status":499') && one.includes('/v1/artifacts"'));
  while (!line()) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await Array.fromAsync(api.deps.blobs.list(scope))).length, before);
});

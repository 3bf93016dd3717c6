// Key sets: over a real https server through the guard, and by a clock that the test moves.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';

import { openTokenIssuers } from '../../src/boot/boot.ts';
import { createKeySet, readKeySet } from '../../src/identity/jwt/key-set.ts';
import { createLog } from '../../src/log.ts';
import { AUDIENCE, goodClaims, goodHeader, makeKey, makeToken, type Part } from '../http/issuer.ts';
import { certify } from './certificate.ts';

const key = makeKey('ES256', 'one');
const MINUTE = 60_000;

function movedSet(answer: () => unknown) {
  const state = { now: 0, loads: 0, faults: 0 };
  const set = createKeySet(
    async () => {
      state.loads++;
      return answer();
    },
    () => state.now,
    () => state.faults++,
  );
  return { state, set };
}

test('ten thousand random key ids cause one fetch, also all at once', async () => {
  const { state, set } = movedSet(() => ({ keys: [key.jwk] }));
  await Promise.all(Array.from({ length: 5_000 }, (_each, at) => set.find(`at-once-${at}`)));
  for (let at = 0; at < 5_000; at++) assert.equal(await set.find(`in-turn-${at}`), 'unknown_kid');
  assert.equal(state.loads, 1);
  assert.notEqual(typeof (await set.find('one')), 'string');
  state.now += 31_000;
  await Promise.all(Array.from({ length: 100 }, (_each, at) => set.find(`later-${at}`)));
  assert.equal(state.loads, 2);
});

test('a new key is found after the rest, and a removed one stops within the time of the cache', async () => {
  let keys = [key.jwk];
  const { state, set } = movedSet(() => ({ keys }));
  assert.notEqual(await set.find('one'), 'unknown_kid');
  const next = makeKey('ES256', 'two');
  keys = [next.jwk];
  assert.equal(await set.find('two'), 'unknown_kid');
  state.now += 9 * MINUTE;
  assert.notEqual(await set.find('two'), 'unknown_kid');
  assert.equal(await set.find('one'), 'unknown_kid');
  keys = [];
  state.now += 10 * MINUTE;
  assert.equal(await set.find('two'), 'unknown_kid');
});

test('keys of an endpoint that is down go on for an hour, and it is asked once in half a minute', async () => {
  let down = false;
  const { state, set } = movedSet(() => {
    if (down) throw new Error('down');
    return { keys: [key.jwk] };
  });
  await set.find('one');
  down = true;
  for (let minute = 0; minute < 59; minute++) {
    state.now += MINUTE;
    for (let times = 0; times < 5; times++) assert.equal(typeof (await set.find('one')), 'object', `minute ${minute}`);
  }
  assert.ok(state.loads <= 62 && state.faults >= 40, JSON.stringify(state));
  state.now += MINUTE;
  assert.equal(await set.find('one'), 'keys_unavailable');
  down = false;
  state.now += MINUTE;
  assert.equal(typeof (await set.find('one')), 'object');
});

test('of a set only keys count that can verify what we allow, each id once', () => {
  const rsa = makeKey('RS256', 'rsa');
  const refused: readonly Part[] = [
    { kty: 'oct', kid: 'oct', k: 'AAAA' },
    { ...key.jwk, kid: 'private', d: 'AAAA' },
    { ...key.jwk, kid: 'for-encryption', use: 'enc' },
    { ...key.jwk, kid: 'signs-only', key_ops: ['sign'] },
    { ...key.jwk, kid: 'other-algorithm', alg: 'HS256' },
    { ...key.jwk, kid: 'other-curve', crv: 'P-384' },
    { ...key.jwk, kid: 'half', y: undefined },
    { ...key.jwk, kid: '../path with spaces' },
    { ...key.jwk, kid: undefined },
    { ...makeKey('RS256', 'short', 1024).jwk },
    { ...rsa.jwk, kid: 'padded', n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(128, 255)]).toString('base64url') },
    { ...key.jwk, kid: 'twice' },
    { ...rsa.jwk, kid: 'twice' },
  ];
  const keys = readKeySet({ keys: [...refused, key.jwk, rsa.jwk, null, 7] });
  assert.deepEqual([...keys.keys()], ['one', 'rsa']);
  assert.deepEqual(keys.get('rsa')?.algorithms, ['RS256']);
  for (const wrong of [null, [], { keys: {} }, { keys: Array(101).fill(key.jwk) }])
    assert.throws(() => readKeySet(wrong));
});

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

interface Endpoint {
  readonly port: number;
  readonly cert: string;
  asked: number;
}
async function serveKeys(
  answer: (path: string) => { status: number; headers?: Record<string, string>; body: string },
): Promise<Endpoint> {
  const certificate = certify('127.0.0.1');
  const endpoint = { port: 0, cert: certificate.cert, asked: 0 };
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    endpoint.asked++;
    const { status, headers, body } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint.port = (server.address() as AddressInfo).port;
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return endpoint;
}
function issuersAt(endpoint: Endpoint, path: string, allow = true) {
  const issuer = `https://127.0.0.1:${endpoint.port}`;
  const setting = JSON.stringify([{ issuer, audience: AUDIENCE, algorithms: ['ES256'], jwks_url: `${issuer}${path}` }]);
  const opened = openTokenIssuers({
    setting,
    egressAllow: allow ? [`127.0.0.1/32:${endpoint.port}`] : [],
    log: createLog({ level: 'error', write: () => undefined }),
    certificateAuthorities: [endpoint.cert],
  });
  closers.push(opened.close);
  const token = makeToken(key, goodHeader(key), goodClaims(issuer));
  return { verify: () => opened.issuers.verify(token, Date.now()) };
}

test('keys come over https through the guard: one fetch for many tokens; no redirect, no private address, no flood', async () => {
  const set = JSON.stringify({ keys: [key.jwk] });
  const endpoint = await serveKeys((path) => {
    if (path === '/moved') return { status: 302, headers: { location: '/keys' }, body: '' };
    if (path === '/big') return { status: 200, body: `{"keys":[],"x":"${'y'.repeat(300_000)}"}` };
    if (path === '/twice') return { status: 200, body: `{"keys":[],${set.slice(1)}` };
    return path === '/keys' ? { status: 200, body: set } : { status: 500, body: set };
  });
  const good = issuersAt(endpoint, '/keys');
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => good.verify()));
  assert.ok(verdicts.every((verdict) => verdict.ok));
  assert.equal(endpoint.asked, 1);
  for (const path of ['/moved', '/big', '/twice', '/broken'])
    assert.deepEqual((await issuersAt(endpoint, path).verify()).ok, false, path);
  const before = endpoint.asked;
  const closed = await issuersAt(endpoint, '/keys', false).verify();
  assert.deepEqual(
    [closed.ok, endpoint.asked],
    [false, before],
    'an address of a private range is opened by the operator alone',
  );
});

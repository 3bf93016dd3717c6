import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LinkDoors } from '../../src/links/links.ts';
import { type Api, startApi } from './api.ts';

const CONTENT = 'private words of tenant A';
let api: Api;

before(async () => {
  api = await startApi();
});
after(() => api.close());

async function upload(on: Api, key = on.tenantA.api_key): Promise<string> {
  const answer = await on.ask('/v1/artifacts', {
    key,
    method: 'POST',
    body: CONTENT,
    headers: { 'content-type': 'text/plain', 'content-disposition': 'attachment; filename="a.txt"' },
  });
  assert.equal(answer.status, 201, answer.text);
  return (answer.json as { id: string }).id;
}

async function link(on: Api, artifact: string, json: object = {}): Promise<string> {
  const answer = await on.ask(`/v1/artifacts/${artifact}/signed-url`, { key: on.tenantA.api_key, json });
  assert.equal(answer.status, 201, answer.text);
  return (answer.json as { url: string }).url;
}

test('a link reads one artifact without a credential, under the headers of every artifact', async () => {
  const url = await link(api, await upload(api));
  const answer = await api.ask(url);
  assert.deepEqual([answer.status, answer.text], [200, CONTENT]);
  assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/);
  assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="a\.txt"/);
  assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  assert.ok(!api.lines.join('\n').includes(new URL(url, 'http://x').searchParams.get('s') ?? ''), 'no log holds it');
});

test('a thousand mutations of a good link give no byte', async () => {
  const url = await link(api, await upload(api));
  const other = await upload(api);
  const [path = '', query = ''] = url.split('?');
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_%&=.';
  const mutants = new Set<string>();
  for (let round = 0; mutants.size < 985; round++) {
    const at = (round * 31) % query.length;
    const sign = alphabet[(round * 17 + at) % alphabet.length] ?? 'a';
    const kind = round % 5;
    const mutant =
      kind === 0
        ? query.slice(0, at) + sign + query.slice(at + 1)
        : kind === 1
          ? query.slice(0, at) + query.slice(at + 1)
          : kind === 2
            ? query.slice(0, at) + sign + query.slice(at)
            : kind === 3
              ? query.slice(0, at) + query.slice(at).toUpperCase()
              : query.slice(0, at) +
                encodeURIComponent(encodeURIComponent(query.slice(at, at + 2))) +
                query.slice(at + 2);
    if (decodeSame(mutant, query)) continue;
    mutants.add(`${path}?${mutant}`);
  }
  const words = new URLSearchParams(query);
  const change = (name: string, value: string): string => {
    const changed = new URLSearchParams(words);
    changed.set(name, value);
    return `${path}?${changed}`;
  };
  for (const [name, value] of [
    ['t', api.tenantB.tenant_id],
    ['a', other],
    ['kid', '2'],
    ['v', '2'],
    ['d', 'inline'],
    ['e', '99999999999'],
    ['n', '1'],
    ['s', 'A'.repeat(43)],
  ] as const)
    mutants.add(change(name, value));
  mutants
    .add(`${url}&x=1`)
    .add(`${url}&s=${words.get('s')}`)
    .add(path)
    .add(`${path}?`);
  mutants
    .add(url.replace('/v1/signed/', '/v1/signed/../artifacts/'))
    .add(url.replace('?', '/?'))
    .add(url.toUpperCase());
  assert.ok(mutants.size >= 1_000, String(mutants.size));
  const answers = await Promise.all([...mutants].map((mutant) => api.ask(mutant)));
  for (const [index, answer] of answers.entries()) {
    assert.ok([400, 401, 404].includes(answer.status), `${answer.status}: ${[...mutants][index]}`);
    assert.ok(!answer.text.includes(CONTENT));
  }
  assert.equal((await api.ask(url)).status, 200, 'and the good one still does');
});

/** Another spelling of the same words is no other link. */
function decodeSame(mutant: string, query: string): boolean {
  const words = (text: string): string => JSON.stringify([...new URLSearchParams(text)].sort());
  try {
    return words(mutant) === words(query);
  } catch {
    return false;
  }
}

test('an expired, a revoked, a foreign and a garbled link are the same missing thing', async () => {
  const artifact = await upload(api);
  const url = await link(api, artifact);
  await api.database.admin("update app.artifact_links set expires_at = created_at + interval '1 microsecond'");
  const expired = await api.ask(url);
  const fresh = await link(api, artifact);
  await api.ask(`/v1/artifacts/${artifact}/signed-urls`, { key: api.tenantA.api_key, method: 'DELETE' });
  const revoked = await api.ask(fresh);
  const garbled = await api.ask(fresh.replace(/s=[^&]+/, `s=${'B'.repeat(43)}`));
  const missing = await api.ask(fresh.replace(/signed\/[0-9a-f]{8}/, 'signed/00000000'));
  for (const answer of [revoked, garbled, missing])
    assert.deepEqual([answer.status, answer.text], [expired.status, expired.text]);
  assert.equal(expired.status, 404);
});

test('deletion of the artifact and suspension of the tenant win over a good signature', async () => {
  const artifact = await upload(api);
  const url = await link(api, artifact);
  await api.database.admin("update app.tenants set state = 'suspended' where tenant_id = $1", [api.tenantA.tenant_id]);
  assert.equal((await api.ask(url)).status, 404);
  await api.database.admin("update app.tenants set state = 'active' where tenant_id = $1", [api.tenantA.tenant_id]);
  assert.equal((await api.ask(url)).status, 200);
  await api.ask(`/v1/artifacts/${artifact}`, { key: api.tenantA.api_key, method: 'DELETE' });
  assert.equal((await api.ask(url)).status, 404);
});

test('every link of a tenant is void at once, and a new one is good again', async () => {
  const artifact = await upload(api);
  const urls = [await link(api, artifact), await link(api, await upload(api))];
  for (let round = 0; round < 2; round++) {
    const voided = await api.ask('/v1/signed-urls', { key: api.tenantA.api_key, method: 'DELETE' });
    assert.equal(voided.status, 204, voided.text);
  }
  for (const url of urls) assert.equal((await api.ask(url)).status, 404);
  // Not even a row that stands again brings an old epoch back.
  await api.database.admin('update app.artifact_links set revoked_at = null');
  for (const url of urls) assert.equal((await api.ask(url)).status, 404);
  assert.equal((await api.ask(await link(api, artifact))).status, 200);
});

test("a link to another tenant's artifact cannot be made", async () => {
  const artifact = await upload(api);
  const answer = await api.ask(`/v1/artifacts/${artifact}/signed-url`, { key: api.tenantB.api_key, json: {} });
  assert.equal(answer.status, 404);
});

/** The attack: a link that was guessed from what a person may know, and an expired one whose expiry was altered. */
async function attack(doors: LinkDoors): Promise<{ forged: boolean; altered: boolean }> {
  const open = await startApi({ linkDoors: doors });
  try {
    const artifact = await upload(open);
    const url = await link(open, artifact);
    const words = new URLSearchParams(url.split('?')[1]);
    words.set('s', 'A'.repeat(43));
    const forged = await open.ask(`/v1/signed/11111111-1111-4111-8111-111111111111?${words}`);
    const late = new URLSearchParams(url.split('?')[1]);
    late.set('e', '99999999999');
    await open.database.admin("update app.artifact_links set expires_at = created_at + interval '1 microsecond'");
    const altered = await open.ask(`${url.split('?')[0]}?${late}`);
    return { forged: forged.text === CONTENT, altered: altered.text === CONTENT };
  } finally {
    await open.close();
  }
}

test('a guessed or altered link fails with either door removed, and succeeds with both', async () => {
  assert.deepEqual(await attack({ signature: true, row: true }), { forged: false, altered: false });
  assert.deepEqual(await attack({ signature: false, row: true }), { forged: false, altered: false }, 'the row alone');
  assert.deepEqual(
    await attack({ signature: true, row: false }),
    { forged: false, altered: false },
    'the signature alone',
  );
  assert.deepEqual(
    await attack({ signature: false, row: false }),
    { forged: true, altered: true },
    'the attack has teeth',
  );
});

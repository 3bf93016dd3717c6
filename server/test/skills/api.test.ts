// A tenant's own skills over HTTP: uploaded, looked at, approved by whoever may, taken back, removed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { digestFolder } from '@sallyport/compat';
import { type Answer, type Api, startApi } from '../http/api.ts';
import { type SkillText, skillText, skillZip } from '../skill-folder.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const owner = (): string => api.tenantA.api_key;
const ZIP = { 'content-type': 'application/zip' };

function upload(text: SkillText, others: Record<string, string> = {}, key = owner()): Promise<Answer> {
  return api.ask('/v1/skills', { key, headers: ZIP, body: skillZip(text, others) });
}

async function uploaded(text: SkillText, others: Record<string, string> = {}): Promise<Answer['json']> {
  const answer = await upload(text, others);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

const at = (name: string, version: string, rest = ''): string => `/v1/skills/${name}/versions/${version}${rest}`;

function approve(shown: { name: string; version: string; digest: string }, key = owner()): Promise<Answer> {
  return api.ask(at(shown.name, shown.version, '/approval'), { key, json: { digest: shown.digest } });
}

const withdraw = (name: string, version: string, key = owner()): Promise<Answer> =>
  api.ask(at(name, version, '/approval'), { method: 'DELETE', key });

const run = (skill: string, more: object = {}): Promise<Answer> =>
  api.ask('/v1/runs', { key: owner(), json: { skill, task: 'Go.', ...more } });

/** The key of a new user of this role; with `scopes`, of those alone. */
async function keyOf(role: string, scopes?: readonly string[]): Promise<string> {
  const user = await api.ask('/v1/users', { key: owner(), json: { name: role, role } });
  assert.equal(user.status, 201, user.text);
  const issued = await api.database.admin('select id from app.users where id = $1', [user.json.id]);
  assert.equal(issued.rows.length, 1);
  const own = await api.ask('/v1/api-keys', { key: owner(), json: { name: role, ...(scopes && { scopes }) } });
  assert.equal(own.status, 201, own.text);
  // A key of the owner becomes the user's: what it may do is what the role allows of it.
  await api.database.admin('update app.api_keys set user_id = $2 where id = $1', [own.json.id, user.json.id]);
  return own.json.api_key;
}

test('an uploaded skill may do nothing before a person approved its digest', async () => {
  const shown = await uploaded({ name: 'first' }, { 'references/a.md': 'More.' });
  assert.deepEqual(
    [shown.state, shown.origin, shown.files, shown.approved_by, shown.changes.against, shown.changes.needs],
    ['pending', 'tenant', 2, null, null, 'skills:widen'],
  );
  assert.equal(
    shown.digest,
    digestFolder([
      { path: 'SKILL.md', bytes: Buffer.from(skillText({ name: 'first' })) },
      { path: 'references/a.md', bytes: Buffer.from('More.') },
    ]),
  );
  const early = await run('first');
  assert.deepEqual([early.status, early.json.code], [409, 'skill_not_approved']);
  assert.equal((await run('first@1.0.0')).json.code, 'skill_not_approved');
  const wrong = await approve({ ...shown, digest: '0'.repeat(64) });
  assert.deepEqual([wrong.status, wrong.json.code], [409, 'digest_changed']);
  const approved = await approve(shown);
  assert.deepEqual([approved.status, approved.json.state], [200, 'approved'], approved.text);
  assert.equal(approved.json.approved_by, api.tenantA.user_id);
  assert.equal((await approve(shown)).json.code, 'already_decided');
  const made = await run('first');
  assert.deepEqual([made.status, made.json.skill, made.json.skill_digest], [201, 'first@1.0.0', shown.digest]);
});

test('a withdrawn approval stops new runs, and can be given again', async () => {
  const shown = await uploaded({ name: 'taken-back' });
  assert.equal((await withdraw('taken-back', '1.0.0')).json.code, 'already_decided', 'nothing to take back');
  await approve(shown);
  assert.equal((await run('taken-back')).status, 201);
  const withdrawn = await withdraw('taken-back', '1.0.0');
  assert.deepEqual([withdrawn.status, withdrawn.json.state], [200, 'withdrawn']);
  assert.equal(withdrawn.json.withdrawn_by, api.tenantA.user_id);
  assert.equal((await run('taken-back')).json.code, 'skill_not_approved');
  assert.equal((await run('taken-back@1.0.0')).json.code, 'skill_not_approved');
  assert.equal((await approve(shown)).status, 200);
  assert.equal((await run('taken-back')).status, 201);
});

test('a bare name means the highest approved version, and a named one is itself', async () => {
  const name = 'versions';
  for (const version of ['1.9.0', '1.10.0', '2.0.0']) {
    const shown = await uploaded({ name, version });
    if (version !== '2.0.0') assert.equal((await approve(shown)).status, 200);
  }
  assert.equal((await run(name)).json.skill, 'versions@1.10.0');
  assert.equal((await run('versions@1.9.0')).json.skill, 'versions@1.9.0');
  assert.equal((await run('versions@2.0.0')).json.code, 'skill_not_approved');
  assert.equal((await run('versions@3.0.0')).json.code, 'invalid_skill');
  const skill = await api.ask(`/v1/skills/${name}`, { key: owner() });
  assert.deepEqual(
    [
      skill.json.current,
      skill.json.versions.map((one: { version: string; state: string }) => `${one.version} ${one.state}`),
    ],
    ['1.10.0', ['2.0.0 pending', '1.10.0 approved', '1.9.0 approved']],
  );
  const listed = await api.ask('/v1/skills', { key: owner() });
  const mine = listed.json.data.find((one: { name: string }) => one.name === name);
  assert.deepEqual([mine.version, mine.state, mine.origin], ['1.10.0', 'approved', 'tenant']);
  const versions = await api.ask(`/v1/skills/${name}/versions`, { key: owner() });
  assert.equal(versions.json.data.length, 3);
});

test('the same bytes again are the same version; other bytes under its number are refused', async () => {
  const shown = await uploaded({ name: 'twice' });
  const again = await upload({ name: 'twice' });
  assert.deepEqual([again.status, again.json.digest], [200, shown.digest]);
  const other = await upload({ name: 'twice', body: 'Something else.' });
  assert.deepEqual([other.status, other.json.code], [409, 'conflict']);
  const ours = await upload({ name: 'web-digest' });
  assert.deepEqual([ours.status, ours.json.code], [409, 'conflict'], 'no tenant takes the name of a shipped skill');
});

test('a version shows what it changes; what widens takes the higher right, whatever else it does', async () => {
  const name = 'widening';
  const base = { name, tools: 'web.scrape artifact.write', egress: 'api.example.com:443 *.docs.example:443' };
  await approve(await uploaded({ ...base, version: '1.0.0' }, { 'a.md': 'one', 'b.md': 'two' }));
  const approver = await keyOf('approver', ['skills:approve', 'skills:read']);
  const cases: readonly (readonly [string, SkillText, readonly string[], readonly string[]])[] = [
    ['1.1.0', { body: 'Other words.' }, [], []],
    ['1.2.0', { tools: 'web.scrape' }, [], ['tools artifact.write']],
    ['1.3.0', { tools: 'web.scrape artifact.write entity.save' }, ['tools entity.save'], []],
    ['1.4.0', { egress: 'v1.docs.example:443' }, [], ['egress api.example.com:443', 'egress *.docs.example:443']],
    ['1.5.0', { egress: 'api.example.com:443 *.example.com:443 *.docs.example:443' }, ['egress *.example.com:443'], []],
    [
      '1.6.0',
      { egress: 'api.example.com:8443 *.docs.example:443' },
      ['egress api.example.com:8443'],
      ['egress api.example.com:443'],
    ],
    ['1.7.0', { egress: '"@input"' }, ['egress @input'], ['egress api.example.com:443', 'egress *.docs.example:443']],
    ['1.8.0', { classes: 'public internal' }, ['data_classes internal'], []],
    ['1.9.0', { entities: 'page@1' }, ['entity_types page@1'], []],
    ['2.0.0', { budget: 'usd=1.01 tokens=100 seconds=600 calls=20' }, ['budget cost=1.01'], ['budget tokens=100000']],
    [
      '2.1.0',
      { budget: 'usd=0.99 tokens=1 seconds=1 calls=21' },
      ['budget calls=21'],
      ['budget tokens=100000', 'budget cost=1.00', 'budget seconds=600'],
    ],
  ];
  for (const [version, change, widens, narrows] of cases) {
    const shown = await uploaded({ ...base, ...change, version }, { 'a.md': 'one', 'c.md': 'two' });
    const told = (list: readonly { kind: string; value: string }[]): string[] =>
      list.map(({ kind, value }) => `${kind} ${value}`);
    assert.equal(shown.changes.against, '1.0.0', version);
    assert.deepEqual([told(shown.changes.widens), told(shown.changes.narrows)], [widens, narrows], version);
    assert.deepEqual(
      shown.changes.files.map((one: { path: string; change: string }) => `${one.change} ${one.path}`).sort(),
      ['added c.md', 'changed SKILL.md', 'removed b.md'],
    );
    assert.equal(shown.changes.needs, widens.length === 0 ? 'skills:approve' : 'skills:widen', version);
    const lesser = await approve(shown, approver);
    if (widens.length > 0) {
      assert.deepEqual([lesser.status, lesser.json.code], [403, 'widens'], version);
      assert.ok(lesser.json.errors.length >= widens.length);
      assert.equal((await approve(shown)).status, 200, version);
    } else assert.equal(lesser.status, 200, lesser.text);
    // The next one is compared with the first again.
    const back = await withdraw(name, version, approver);
    assert.equal(back.status, 200, back.text);
  }
  // What was wide once and taken back is wide again.
  const wide = await api.ask(at(name, '1.3.0'), { key: approver });
  assert.equal((await approve(wide.json, approver)).json.code, 'widens');
});

test('each call takes its own right, and the right of a key ends with the role of its user', async () => {
  const shown = await uploaded({ name: 'rights' });
  const developer = await keyOf('developer', ['skills:write', 'skills:read', 'skills:approve', 'skills:widen']);
  const viewer = await keyOf('viewer', ['skills:write', 'skills:read', 'skills:approve', 'skills:widen']);
  assert.equal((await upload({ name: 'by-developer' }, {}, developer)).status, 201);
  assert.equal((await upload({ name: 'by-viewer' }, {}, viewer)).status, 403);
  for (const key of [developer, viewer]) {
    assert.equal((await api.ask(at('rights', '1.0.0'), { key })).status, 200);
    assert.equal((await approve(shown, key)).json.code, 'forbidden');
    assert.equal((await withdraw('rights', '1.0.0', key)).status, 403);
  }
  assert.equal((await api.ask(at('rights', '1.0.0'), { method: 'DELETE', key: viewer })).status, 403);
  const reader = await keyOf('admin', ['skills:read']);
  assert.equal((await approve(shown, reader)).json.code, 'forbidden');
  // A test of who approves, not of who may read.
  const halfway = await keyOf('admin', ['skills:approve']);
  assert.equal((await approve(shown, halfway)).json.code, 'widens', 'an admin whose key may not widen');
});

test('where the tenant asks for another pair of eyes, who uploaded a version may not approve it', async () => {
  const policy = { starter_may_approve: false, seats: 1, expires_in: 3_600 };
  await api.ask('/v1/approval-policy', { key: owner(), method: 'PUT', json: policy });
  const shown = await uploaded({ name: 'four-eyes' });
  const own = await approve(shown);
  assert.deepEqual([own.status, own.json.code], [403, 'uploader_may_not']);
  const admin = await keyOf('admin', ['skills:approve', 'skills:widen']);
  assert.equal((await approve(shown, admin)).status, 200);
  await api.ask('/v1/approval-policy', { key: owner(), method: 'PUT', json: { ...policy, starter_may_approve: true } });
});

test('a version that an open run needs stays; then it goes, and the run keeps its digest', async () => {
  const shown = await uploaded({ name: 'removed' });
  await approve(shown);
  const made = await run('removed');
  const path = at('removed', '1.0.0');
  const early = await api.ask(path, { method: 'DELETE', key: owner() });
  assert.deepEqual([early.status, early.json.code], [409, 'conflict']);
  await api.ask(`/v1/runs/${made.json.id}/cancel`, { key: owner(), json: {} });
  assert.equal((await api.ask(path, { method: 'DELETE', key: owner() })).status, 204);
  assert.equal((await api.ask(path, { key: owner() })).status, 404);
  assert.equal((await run('removed')).json.code, 'invalid_skill');
  const kept = await api.ask(`/v1/runs/${made.json.id}`, { key: owner() });
  assert.equal(kept.json.skill_digest, shown.digest);
  // Uploaded again it is as new: what was approved then is not approved now.
  assert.equal((await uploaded({ name: 'removed' })).state, 'pending');
});

test('a file is sent as it was uploaded, never as something that a browser runs', async () => {
  await uploaded({ name: 'files' }, { 'assets/page.html': '<script>alert(1)</script>', 'a.md': '# A' });
  const path = at('files', '1.0.0', '/file?path=');
  const html = await api.ask(`${path}assets/page.html`, { key: owner() });
  assert.deepEqual(
    [html.status, html.text, html.headers.get('content-type')],
    [200, '<script>alert(1)</script>', 'application/octet-stream'],
  );
  assert.match(html.headers.get('content-disposition') ?? '', /^attachment/);
  const text = await api.ask(`${path}a.md`, { key: owner() });
  assert.deepEqual([text.text, text.headers.get('content-type')], ['# A', 'text/plain; charset=utf-8']);
  for (const missing of ['b.md', '../SKILL.md', 'assets', '/etc/passwd'])
    assert.equal((await api.ask(path + encodeURIComponent(missing), { key: owner() })).status, 404, missing);
  const shipped = await api.ask('/v1/skills/web-digest', { key: owner() });
  assert.deepEqual([shipped.json.origin, shipped.json.versions[0].state], ['product', 'approved']);
  const version = shipped.json.current;
  const ours = await api.ask(at('web-digest', version, '/file?path=SKILL.md'), { key: owner() });
  assert.match(ours.text, /^---\nname: web-digest/);
  const detail = await api.ask(at('web-digest', version), { key: owner() });
  assert.deepEqual([detail.json.changes.widens, detail.json.changes.files], [[], []]);
  for (const [method, rest] of [
    ['DELETE', ''],
    ['DELETE', '/approval'],
    ['POST', '/approval'],
  ] as const) {
    const json = method === 'POST' ? { digest: detail.json.digest } : undefined;
    const touched = await api.ask(at('web-digest', version, rest), { method, key: owner(), ...(json && { json }) });
    assert.equal(touched.status, 404, `${method} ${rest}: a skill of the product is not the tenant's to change`);
  }
});

const REFUSED: Readonly<Record<string, readonly [SkillText, string]>> = {
  'an unknown field': [{ more: 'author: me' }, 'unknown_field'],
  'an unknown key of ours': [{ more: 'x: y' }, 'unknown_field'],
  'a duplicate key': [{ more: 'description: again' }, 'duplicate_key'],
  'an anchor': [{ more: 'license: &a b' }, 'yaml_unsupported'],
  'a flow map': [{ more: 'compatibility: {a: b}' }, 'yaml_unsupported'],
  'a tool that is none': [{ tools: 'shell' }, 'bad_tool'],
  'a host without a port': [{ egress: 'example.com' }, 'bad_egress'],
  'a host of every name': [{ egress: '"*:443"' }, 'bad_egress'],
  'a budget of no kind': [{ budget: 'euros=5' }, 'bad_budget'],
  'a version of two parts': [{ version: '1.0' }, 'bad_version'],
  'a demand that nobody acts upon': [{ tools: 'web.scrape?approval' }, 'not_supported'],
  'an input schema that is not there': [{ inputs: 'assets/none.json' }, 'bad_inputs'],
};

for (const [what, [text, code]] of Object.entries(REFUSED))
  test(`a skill with ${what} is refused as ${code}`, async () => {
    const answer = await upload({ name: 'refused', ...text });
    assert.deepEqual([answer.status, answer.json.code], [422, 'invalid_skill'], answer.text);
    assert.ok(
      answer.json.errors.some((one: { code: string }) => one.code === code),
      answer.text,
    );
  });

test('a body of another type, of no length of sense or too large is refused before it is read', async () => {
  const bytes = skillZip();
  const typed = await api.ask('/v1/skills', { key: owner(), headers: { 'content-type': 'text/html' }, body: bytes });
  assert.equal(typed.json.code, 'unsupported_media_type');
  const large = await api.ask('/v1/skills', { key: owner(), headers: ZIP, body: Buffer.alloc(3 * 1024 * 1024) });
  assert.deepEqual([large.status, large.json.code], [413, 'too_large']);
  const folder = await api.ask('/v1/skills', { key: owner(), headers: ZIP, body: Buffer.from('PK') });
  assert.deepEqual([folder.status, folder.json.errors[0].code], [422, 'not_an_archive']);
});

test('the input of a run is what the schema of its skill wants', async () => {
  const schema = {
    type: 'object',
    properties: { urls: { type: 'array', minItems: 2, maxItems: 3 } },
    required: ['urls'],
  };
  const inputs = 'assets/input.json';
  const shown = await uploaded({ name: 'with-schema', inputs }, { [inputs]: JSON.stringify(schema) });
  assert.deepEqual(shown.input_schema, schema);
  await approve(shown);
  const urls = (count: number): object => ({
    input: { urls: Array.from({ length: count }, (_, at) => `https://example.com/${at}`) },
  });
  for (const [count, status] of [
    [1, 422],
    [2, 201],
    [3, 201],
    [4, 422],
  ] as const) {
    const made = await run('with-schema', urls(count));
    assert.equal(made.status, status, made.text);
    if (status === 422) assert.deepEqual([made.json.code, made.json.errors[0].path], ['invalid_input', '/input/urls']);
  }
  assert.equal((await run('with-schema')).json.code, 'invalid_input');
  const strange = await upload(
    { name: 'strange-schema', inputs },
    { [inputs]: JSON.stringify({ type: 'object', $dynamicRef: '#x' }) },
  );
  assert.equal(strange.json.errors[0].code, 'bad_inputs', 'a schema that is not judged would let everything through');
});

test('every act on a skill is in the record of who did what', async () => {
  const { rows } = await api.database.admin('select action from app.audit where tenant_id = $1', [
    api.tenantA.tenant_id,
  ]);
  const acts = new Set(rows.map(({ action }) => String(action)));
  for (const act of ['skill.uploaded', 'skill.approved', 'skill.withdrawn', 'skill.removed'])
    assert.ok(acts.has(act), act);
});

// The types that a tenant defines: judged by the comparer, never changed, and what is stored under them is checked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { saveEntity } from '../../src/entities/entities.ts';
import { asId, type RunId } from '../../src/ids.ts';
import { type Api, startApi } from '../http/api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

type Schema = Record<string, unknown>;
const text = { type: 'string', maxLength: 100 };
const closed = (properties: Schema, required: string[] = ['number']): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const v1 = closed({ number: text, total: { type: 'string', pattern: '^\\d{1,9}\\.\\d{2}$' } });

const define = (name: string, version: number, attributes: Schema, more: Schema = {}, key = api.tenantA.api_key) =>
  api.ask('/v1/entity-types', {
    key,
    json: { name, version, attributes, identity: ['number'], title: 'number', ...more },
  });

const listed = async (key: string): Promise<string[]> => {
  const { json } = await api.ask('/v1/entity-types', { key });
  const types = json.data as { name: string; version: number; revision: number; origin: string }[];
  return types.filter(({ origin }) => origin === 'tenant').map((one) => `${one.name}@${one.version}.${one.revision}`);
};

test('a version takes every change that breaks no reader, and refuses every other with an example', async () => {
  const first = await define('invoice', 1, v1);
  assert.equal(first.status, 201, first.text + api.lines.slice(-3).join('\n'));
  assert.equal((await define('invoice', 1, v1)).json.revision, 1, 'the same again is no other revision');
  const more = closed({ ...(v1.properties as Schema), note: text });
  const revised = await define('invoice', 1, more);
  assert.equal(revised.status, 201, revised.text);
  assert.deepEqual([revised.json.version, revised.json.revision], [1, 2]);
  const breaking: [string, Schema, RegExp][] = [
    ['a field removed', closed({ number: text, total: (v1.properties as Schema).total }), /note is gone/],
    [
      'a field required',
      closed({ ...(more.properties as Schema) }, ['number', 'total']),
      /total.* is missing.*for example/,
    ],
    ['a field retyped', closed({ ...(more.properties as Schema), note: { type: 'integer' } }), /for example/],
    [
      'a bound raised',
      closed({ ...(more.properties as Schema), note: { type: 'string', maxLength: 101 } }),
      /above 100.*for example/,
    ],
  ];
  for (const [about, attributes, why] of breaking) {
    const refused = await define('invoice', 1, attributes);
    assert.equal(refused.status, 409, `${about}: ${refused.text}`);
    assert.match(refused.text.replaceAll('\\"', '"'), why, about);
  }
  assert.deepEqual(await listed(api.tenantA.api_key), ['invoice@1.2']);
});

test('a break is a new version with a note of what becomes of the old; what breaks nobody needs none', async () => {
  const v2 = closed({ number: { type: 'integer' } });
  assert.equal((await define('order', 1, v1)).status, 201);
  const silent = await define('order', 2, v2);
  assert.equal(silent.status, 409, silent.text);
  assert.match(silent.text, /migration_note/);
  const told = await define('order', 2, v2, { migration_note: 'Numbers are whole from here on.' });
  assert.equal(told.status, 201, told.text);
  assert.equal((await define('order', 3, closed({ number: { type: 'integer' }, note: text }))).status, 201);
  assert.equal((await define('order', 5, v2, { migration_note: 'x' })).status, 409, 'no version is left out');
  assert.equal((await define('order', 1, v1)).status, 409, 'an older version is closed');
  const other = await define('order', 3, closed({ number: { type: 'integer' }, note: text }), { title: 'note' });
  assert.equal(other.status, 201, 'another title breaks nobody');
});

test('another identity is another version', async () => {
  const both = closed({ number: text, year: text }, ['number', 'year']);
  assert.equal((await define('bill', 1, both)).status, 201);
  assert.equal((await define('bill', 1, both, { identity: ['number', 'year'] })).status, 409);
  const next = await define('bill', 2, both, { identity: ['number', 'year'], migration_note: 'By year.' });
  assert.equal(next.status, 201, next.text);
});

test('what could not be judged later is no type', async () => {
  const rows: [string, Schema, Schema][] = [
    ['open', { type: 'object', properties: { number: text }, required: ['number'] }, {}],
    ['no object', { type: 'array' }, {}],
    ['a pattern that is not read', closed({ number: { type: 'string', pattern: '(?=a)' } }), {}],
    ['a reference elsewhere', closed({ number: { $ref: 'https://example.com/x' } }), {}],
    ['a loop', { ...closed({ number: text }), $ref: '#' }, {}],
    ['an older dialect', { ...closed({ number: text }), $schema: 'http://json-schema.org/draft-07/schema#' }, {}],
    ['an identity that is optional', closed({ number: text }, []), {}],
    ['an identity that is not there', closed({ number: text }), { identity: ['id'] }],
    ['a title that is not there', closed({ number: text }), { title: 'name' }],
    ['too long', closed({ number: { enum: ['x'.repeat(70_000)] } }), {}],
  ];
  for (const [about, attributes, more] of rows) {
    const refused = await define('odd', 1, attributes, more);
    assert.equal(refused.status, 422, `${about}: ${refused.text}`);
  }
  assert.equal((await define('page', 1, v1)).status, 409, 'a name of the product');
  assert.equal((await define('late', 2, v1)).status, 409, 'the first version is 1');
});

test('types are of one tenant, and who may only read defines none', async () => {
  const { tenantA, tenantB } = api;
  assert.equal((await define('secretive', 1, v1)).status, 201);
  assert.ok(!(await listed(tenantB.api_key)).some((one) => one.startsWith('secretive')));
  assert.equal((await define('secretive', 1, closed({ number: { type: 'null' } }), {}, tenantB.api_key)).status, 201);
  const key = await api.ask('/v1/api-keys', {
    key: tenantA.api_key,
    json: { name: 'reader', scopes: ['entities:read'] },
  });
  assert.equal((await define('by-reader', 1, v1, {}, key.json.api_key)).status, 403);
});

test('what is stored under a type is as the newest revision of its version says', async () => {
  const key = api.tenantA.api_key;
  const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'x' } });
  assert.equal(run.status, 201, run.text);
  const scope = api.database.api.tenant(await api.principal(key));
  const save = (reference: string, attributes: Schema, effectKey: string) =>
    saveEntity(scope, {
      ...{ reference, attributes, effectKey, evidence: [], sources: [] },
      ...{ integrity: 'untrusted', confidentiality: 'public', runId: asId<RunId>(run.json.id) },
    });
  const saved = await save('invoice@1', { number: '7', total: '1.50', note: 'paid' }, 'a');
  assert.deepEqual([saved.type, saved.version], ['invoice', 1]);
  for (const [attributes, at] of [
    [{ number: '7', total: '1.5' }, '/total'],
    [{ total: '1.50' }, ''],
    [{ number: '7', other: 1 }, '/other'],
  ] as const)
    await assert.rejects(save('invoice@1', attributes, `b${at}`), (error: { fields?: { path: string }[] }) => {
      return JSON.stringify(error).includes(`"path":"${at}"`) || error.fields?.[0]?.path === at;
    });
  await assert.rejects(save('invoice@9', { number: '7' }, 'c'));
  await assert.rejects(save('unheard-of@1', { number: '7' }, 'd'));
  const again = await save('order@1', { number: '7' }, 'e');
  assert.equal(again.version, 1, 'an older version is still written by who knows it');
});

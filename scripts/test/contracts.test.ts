import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRelease } from '../../contracts/src/release-gate.ts';
import { type ContractSet, digestOf, presentContracts, releasedContracts } from '../../contracts/src/released.ts';
import { compare } from '../../libs/compat/src/compat.ts';

type Schema = Record<string, unknown>;
interface Edit {
  readonly about: string;
  readonly name: string;
  edit(schema: Schema): Schema | undefined;
}

const released = await releasedContracts();
const present = presentContracts();

/** The properties of the object at a place: names of properties, `[]` for items, numbers for branches of a union. */
function at(schema: Schema, ...steps: (string | number)[]): Schema {
  let here: unknown = schema;
  for (const step of steps) {
    const { properties, items, anyOf } = here as { properties?: Schema; items?: unknown; anyOf?: unknown[] };
    here = typeof step === 'number' ? anyOf?.[step] : step === '[]' ? items : properties?.[step];
  }
  assert.ok(typeof here === 'object' && here !== null, steps.join('/'));
  return here as Schema;
}

const put = (name: string, steps: (string | number)[], more: Schema, about = Object.keys(more).join()): Edit => ({
  about: `${name} ${steps.join('/')}: ${about}`,
  name,
  edit: (schema) => {
    Object.assign(at(schema, ...steps), more);
    return schema;
  },
});

const field = (name: string, steps: (string | number)[], added: Schema): Edit => ({
  about: `${name} ${steps.join('/')}: a field more, ${JSON.stringify(added)}`,
  name,
  edit: (schema) => {
    Object.assign(at(schema, ...steps).properties as Schema, added);
    return schema;
  },
});

const drop = (name: string, steps: (string | number)[], property: string): Edit => ({
  about: `${name} ${steps.join('/')}: ${property} removed`,
  name,
  edit: (schema) => {
    const here = at(schema, ...steps);
    delete (here.properties as Schema)[property];
    here.required = ((here.required ?? []) as string[]).filter((one) => one !== property);
    return schema;
  },
});

const needs = (name: string, steps: (string | number)[], required: readonly string[]): Edit =>
  put(name, steps, { required }, `required ${required.join()}`);

const text = { type: 'string' };
const BREAKING: readonly Edit[] = [
  drop('event run.succeeded@1', [], 'artifact_ids'),
  drop('event run.cancelled@1', [], 'reason'),
  drop('event model.message@1', ['parts', '[]', 1], 'arguments'),
  drop('event tool.call.completed@1', [], 'rendering_artifact'),
  drop('entity page@1', [], 'byline'),
  needs('event run.cancelled@1', [], ['by', 'reason']),
  needs('entity document@1', [], ['artifact_id', 'title', 'summary', 'word_count']),
  needs('event run.started@1', [], []),
  needs('event run.failed@1', ['error'], ['code', 'message']),
  needs('event usage.recorded@1', [], ['model']),
  put('event run.failed@1', ['error', 'retryable'], { type: 'string' }),
  put('event step.started@1', ['step'], { type: 'string' }),
  put('event step.started@1', ['step'], { type: 'number' }),
  put('event step.started@1', ['step'], { minimum: 1 }),
  put('event step.started@1', ['step'], { minimum: -1 }),
  put('event run.waiting@1', ['reason'], { maxLength: 100 }),
  put('event run.waiting@1', ['reason'], { maxLength: 300 }),
  put('event run.waiting@1', ['reason'], { enum: ['approval'] }),
  put('event usage.recorded@1', ['cost'], { pattern: '^\\d+$' }),
  put('event usage.recorded@1', ['cost'], { pattern: '^-?\\d{1,10}(\\.\\d{1,10})?$' }),
  put('event usage.recorded@1', ['currency'], { const: 'EUR' }),
  put('event usage.recorded@1', ['settlement'], { anyOf: [{ const: 'settled' }] }),
  put('event usage.recorded@1', ['settlement'], { anyOf: ['settled', 'lost', 'open'].map((one) => ({ const: one })) }),
  put('event model.message@1', ['parts'], { maxItems: 10 }),
  put('event model.message@1', ['parts', '[]', 0, 'kind'], { const: 'words' }),
  put('event artifact.created@1', ['sha256'], { pattern: '^[0-9A-F]{64}$' }),
  put('event tool.call.completed@1', ['label', 'integrity'], { anyOf: [{ const: 'trusted' }] }),
  put('entity page@1', ['url'], { pattern: '(?=https)' }, 'a pattern that nothing is proven of'),
  field('event egress.blocked@1', [], { port: { type: 'integer', minimum: 1, maximum: 65_535 } }),
  { about: 'a whole event removed', name: 'event run.resumed@1', edit: () => undefined },
  { about: 'an object that is a list now', name: 'event run.started@1', edit: () => ({ type: 'array' }) },
  { about: 'nothing at all', name: 'event run.started@1', edit: () => ({}) },
];

const COMPATIBLE: readonly Edit[] = [
  ...['run.created', 'run.started', 'run.waiting', 'run.succeeded', 'step.completed', 'tool.call.denied'].map((type) =>
    field(`event ${type}@1`, [], { note: text }),
  ),
  field('event run.failed@1', ['error'], { hint: text }),
  field('event run.created@1', ['skill'], { folder_digest: text }),
  field('event run.created@1', ['budget'], { steps: { type: 'integer' } }),
  field('event tool.call.failed@1', ['error'], { status: { type: 'integer', minimum: 100 } }),
  field('event tool.call.completed@1', ['label'], { source: { enum: ['web', 'person'] } }),
  field('event model.message@1', ['parts', '[]', 0], { language: text }),
  field('event model.message@1', ['parts', '[]', 1], { index: { type: 'integer' } }),
  field('event usage.recorded@1', [], {
    details: { type: 'object', properties: { a: text }, additionalProperties: false },
  }),
  field('entity page@1', [], { published: text, language: text }),
  field('entity document@1', [], { pages: { type: 'array', items: { type: 'integer' }, uniqueItems: true } }),
  field('event artifact.created@1', [], { tags: { anyOf: [text, { type: 'array', items: text }] } }),
  field('event effect.settled@1', [], { __proto__note: { $comment: 'a strange name', type: 'null' } }),
  put('event run.started@1', [], { description: 'A worker took the run.', title: 'Started' }),
  put('event run.started@1', ['worker'], { description: 'Which.', examples: ['x'], default: 'y' }),
  put('event step.started@1', ['step'], { $comment: 'from zero', deprecated: false, readOnly: true }),
  put('event run.waiting@1', ['reason'], { format: 'word' }),
  put(
    'event run.waiting@1',
    ['reason'],
    { 'x-semantics': 'why a person is asked' },
    'a meaning that was never written down',
  ),
  put('event usage.recorded@1', ['currency'], { enum: ['USD'] }),
  put('event usage.recorded@1', ['settlement'], { anyOf: [{ const: 'lost' }, { const: 'settled' }] }),
  put('event usage.recorded@1', ['settlement'], { enum: ['settled', 'lost'], anyOf: [{ type: 'string' }] }),
  put('event artifact.created@1', ['sha256'], { pattern: '^[a-f\\d]{64}$', minLength: 64, maxLength: 64 }),
  put('event artifact.created@1', ['bytes'], { type: 'number', multipleOf: 1 }),
  put('event usage.recorded@1', ['cost'], { maxLength: 21, minLength: 1 }),
  put('event model.message@1', ['parts'], { minItems: 0, uniqueItems: false }),
  needs('event run.failed@1', ['error'], ['retryable', 'message', 'code']),
  {
    about: 'other order of keys',
    name: 'event run.failed@1',
    edit: (schema) => Object.fromEntries(Object.entries(schema).reverse()),
  },
  { about: 'a definition', name: 'event run.started@1', edit: (schema) => ({ ...schema, $defs: { unused: text } }) },
];

function withEdit({ name, edit }: Edit): ContractSet {
  const { [name]: before, ...others } = JSON.parse(JSON.stringify(present)) as Record<string, Schema>;
  assert.ok(before !== undefined, name);
  const after = edit(before);
  return after === undefined ? others : { ...others, [name]: after };
}

test('what was released stands word for word, and nothing waits for a release', () => {
  assert.deepEqual(
    judgeRelease(released, present, compare),
    { ok: true, faults: [], added: [], revised: [] },
    'npm run contracts',
  );
});

test('every edit that breaks a reader is turned away by its name', () => {
  assert.ok(BREAKING.length >= 30);
  for (const edit of BREAKING) {
    const { ok, faults } = judgeRelease(released, withEdit(edit), compare);
    assert.deepEqual([ok, faults.map(({ name }) => name)], [false, [edit.name]], edit.about);
  }
});

test('a break is shown by data that one side writes and the other does not read', () => {
  const shown = BREAKING.map((edit) => judgeRelease(released, withEdit(edit), compare).faults[0]);
  const examples = shown.filter((fault) => fault !== undefined && 'counterexample' in fault);
  assert.ok(examples.length >= 24, `${examples.length} of ${shown.length}`);
});

test('every edit that breaks nobody passes', () => {
  assert.ok(COMPATIBLE.length >= 30);
  for (const edit of COMPATIBLE) {
    const { ok, faults } = judgeRelease(released, withEdit(edit), compare);
    assert.ok(ok, `${edit.about}: ${JSON.stringify(faults)}`);
  }
});

test('a frozen file that was edited or removed is named, whatever stands in the sources', () => {
  for (const [index, revision] of released.entries()) {
    for (const schema of [{ ...revision.schema, title: 'changed' }, undefined]) {
      const { faults } = judgeRelease(released.with(index, { ...revision, schema }), present, compare);
      assert.deepEqual(
        faults.map(({ name, kind }) => [name, kind]),
        [[revision.name, 'edited']],
      );
    }
  }
});

test('a field that was taken back may not come again as something else', () => {
  const name = 'event run.started@1';
  const revised = (more: Schema) => withEdit(field(name, [], more))[name] as object;
  const first = revised({ note: text });
  const later = [...released, { name, revision: 2, digest: digestOf(first), schema: first }];
  for (const next of [present[name] as object, revised({ note: { type: 'integer' } })]) {
    const { faults } = judgeRelease(later, { ...present, [name]: next }, compare);
    assert.deepEqual(
      faults.map((fault) => [fault.name, fault.kind]),
      [[name, 'breaks']],
    );
  }
  assert.ok(judgeRelease(later, { ...present, [name]: first }, compare).ok);
});

test('another meaning under the same shape is a break, and so is a changed meaning that was written down', () => {
  const name = 'event usage.recorded@1';
  const meant = (meaning: string) => withEdit(put(name, ['cost'], { 'x-semantics': meaning }))[name] as object;
  const before = [{ name, revision: 1, digest: digestOf(meant('dollars')), schema: meant('dollars') }];
  const { faults } = judgeRelease(before, { [name]: meant('cents') }, compare);
  assert.match(faults[0]?.detail ?? '', /cost has another meaning/);
});

test('a new name is welcome, and the order of keys is no change', () => {
  const more = judgeRelease(released, { ...present, 'event run.dreamt@1': {} }, compare);
  assert.deepEqual([more.ok, more.added], [true, ['event run.dreamt@1']]);
  assert.equal(digestOf({ a: 1, b: { c: 2, d: 3 } }), digestOf({ b: { d: 3, c: 2 }, a: 1 }));
});

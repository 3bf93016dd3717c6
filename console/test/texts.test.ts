// The small parts that decide what is shown, as tables.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SkillSummary } from '@sallyport/contracts';
import { readEntities, readRun, readRuns } from '../src/addresses.ts';
import { splitUnseen } from '../src/components/unseen.ts';
import type { Row } from '../src/live/run-log.ts';
import { previewOf } from '../src/screens/artifacts/preview.ts';
import { stepsOf } from '../src/screens/run/parts/steps.ts';
import { bodyOf, EMPTY_FORM, faultsOf } from '../src/screens/start/run-form.ts';

test('signs that nobody sees are named, and nothing of the text is lost', () => {
  const rows: [string, string][] = [
    ['plain text,\n\tas it is', ''],
    ['a\u202eb\u202cc', 'U+202E U+202C'],
    ['\u200bzero\u200dwidth\ufeff', 'U+200B U+200D U+FEFF'],
    ['tag \u{e0041}\u{e007f}', 'U+E0041 U+E007F'],
    ['\u0000\u001b[31m\u0085', 'U+0000 U+001B U+0085'],
    ['\u061c\u2066x\u2069\u2028', 'U+061C U+2066 U+2069 U+2028'],
    ['soft\u00adhyphen and \ufe0f', 'U+00AD U+FE0F'],
    ['é 字 🏰 العربية', ''],
  ];
  for (const [text, signs] of rows) {
    const pieces = splitUnseen(text);
    assert.equal(
      pieces
        .filter(({ kind }) => kind === 'sign')
        .map((piece) => piece.text)
        .join(' '),
      signs,
    );
    const whole = pieces.map(({ kind, text: part }) =>
      kind === 'text' ? part : String.fromCodePoint(Number.parseInt(part.slice(2), 16)),
    );
    assert.equal(whole.join(''), text);
  }
});

test('an address holds what it may hold, and all else is passed over', () => {
  assert.deepEqual(readRuns({ status: 'failed' }), { status: 'failed' });
  for (const status of ['constructor', '__proto__', 7, null, ['failed']]) assert.deepEqual(readRuns({ status }), {});
  assert.deepEqual(readRun({ tab: 'steps', event: 4, show: 'tools', x: 1 }), { tab: 'steps', event: 4, show: 'tools' });
  assert.deepEqual(readRun({ tab: 'approve', event: -1, show: 'all' }), {});
  assert.deepEqual(readRun({ event: '4' }), {});
  assert.deepEqual(readEntities({ type: 'page' }), { type: 'page' });
  assert.deepEqual(readEntities({ type: '<b>' }), {});
});

function rowsOf(...events: [string, number, string?][]): Row[] {
  return events.map(([type, ms, actor = 'loop'], seq) => ({
    id: `e${seq}`,
    tenant_id: 't',
    run_id: 'r',
    seq,
    type,
    version: 1,
    time: new Date(ms).toISOString(),
    actor: { kind: 'tool', id: actor },
    data_state: 'present',
    prev_hash: null,
    hash: '',
  }));
}

test('steps end where an event ends them, and one that a worker left behind is failed, not done', () => {
  const rows = rowsOf(
    ['run.created', 0],
    ['step.started', 10],
    ['model.message', 20],
    ['step.completed', 30],
    ['tool.call.started', 40, 'web.scrape'],
    ['run.resumed', 90],
    ['tool.call.started', 100, 'web.scrape'],
    ['tool.call.failed', 150, 'web.scrape'],
    ['step.started', 160],
  );
  assert.deepEqual(
    stepsOf(rows).map(({ seq, kind, name, startMs, endMs, outcome }) => [seq, kind, name, startMs, endMs, outcome]),
    [
      [1, 'model', 'model', 10, 30, 'done'],
      [4, 'tool', 'web.scrape', 40, 100, 'failed'],
      [6, 'tool', 'web.scrape', 100, 150, 'failed'],
      [8, 'model', 'model', 160, undefined, 'open'],
    ],
  );
});

const SKILL: SkillSummary = {
  name: 'web-digest',
  version: '1.0.0',
  description: '',
  digest: '0'.repeat(64),
  tools: ['web.scrape', 'artifact.read'],
  egress: ['@input'],
  entity_types: [],
  data_classes: ['public'],
  budget: { tokens: 1, cost: '1', seconds: 1, calls: 1 },
  origin: 'product',
  state: 'approved',
  input_schema: null,
};

test('the form of a run names its faults and becomes the body that the contract asks for', () => {
  assert.deepEqual(Object.keys(faultsOf(EMPTY_FORM, SKILL)), ['task', 'urls']);
  const wrong = { ...EMPTY_FORM, task: 'x', urls: 'javascript:alert(1)', cost: '1,5', calls: '-1' };
  assert.deepEqual(Object.keys(faultsOf(wrong, SKILL)), ['urls', 'cost', 'calls']);
  const form = { ...EMPTY_FORM, task: ' go ', urls: 'https://a.test/\n https://b.test/', cost: '0.5', tokens: '900' };
  assert.deepEqual(faultsOf(form, SKILL), {});
  assert.deepEqual(bodyOf(form, SKILL, []), {
    skill: 'web-digest@1.0.0',
    task: 'go',
    input: { urls: ['https://a.test/', 'https://b.test/'] },
    budget: { cost: '0.5', tokens: 900 },
  });
});

test('only texts and pictures are shown, markup as text, and nothing that is large', () => {
  const rows: [string, number, string][] = [
    ['text/html', 10, 'text'],
    ['image/svg+xml', 10, 'text'],
    ['image/png', 10, 'picture'],
    ['image/png', 5_000_000, 'large'],
    ['text/plain', 2_000_000, 'large'],
    ['application/pdf', 10, 'none'],
    ['application/octet-stream', 10, 'none'],
  ];
  for (const [media_type, bytes, shown] of rows) assert.equal(previewOf({ media_type, bytes }), shown, media_type);
});

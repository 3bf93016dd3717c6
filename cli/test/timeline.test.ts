import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_TYPES, type EventEnvelope } from '@sallyport/contracts';
import fc from 'fast-check';
import { knowsEventType, lineOf } from '../src/event-lines.ts';
import { createTimeline } from '../src/timeline.ts';

function envelope(
  type: string,
  data: unknown,
  more: Partial<Omit<EventEnvelope, 'fallback'>> & { fallback?: unknown } = {},
): EventEnvelope {
  return {
    id: 'e',
    tenant_id: 't',
    run_id: 'r',
    seq: 0,
    type,
    version: 1,
    time: '2026-01-01T00:00:00.000Z',
    actor: { kind: 'system', id: 's' },
    data,
    data_state: 'present',
    prev_hash: null,
    hash: '',
    ...more,
  } as EventEnvelope;
}

test('every event type of the contracts has a line of its own', () => {
  assert.deepEqual(
    EVENT_TYPES.filter((type) => !knowsEventType(type)),
    [],
  );
});

test("a model's text and its calls stand on one inert line", () => {
  const parts = [
    { kind: 'text', text: 'Reading\nthe page \x1b[31mnow' },
    { kind: 'tool_call', call_id: 'c', tool: 'web.scrape', arguments: {} },
  ];
  const line = lineOf(envelope('model.message', { parts, finish_reason: 'tool_calls' }));
  assert.equal(line.sentence, 'Reading‹U+000A›the page ‹U+001B›[31mnow · asks for web.scrape');
});

test("a tool's answer tells size, time, label and what was made inert", () => {
  const data = {
    tool: 'web.scrape',
    bytes: 2048,
    duration_ms: 1234,
    label: { integrity: 'untrusted', confidentiality: 'public' },
    findings: 2,
  };
  assert.equal(
    lineOf(envelope('tool.call.completed', data)).sentence,
    'web.scrape: 2.0 KiB in 1.2 s (untrusted, public); 2 suspicious passages made inert',
  );
});

test('an unknown type is neutral, names itself and shows its fallback as text', () => {
  const fallback = { title: 'Deal \x1b[1msealed', text: 'All good' };
  const line = lineOf(envelope('deal.sealed', { x: 1 }, { fallback }));
  assert.deepEqual([line.glyph, line.word, line.tone], ['·', 'event', 'quiet']);
  assert.equal(line.sentence, 'deal.sealed – Deal ‹U+001B›[1msealed: All good (newer than this command)');
  assert.equal(lineOf(envelope('__proto__', {})).word, 'event');
  assert.equal(lineOf(envelope('constructor', {})).word, 'event');
});

test('a removed payload is said, not guessed', () => {
  const line = lineOf(envelope('run.succeeded', null, { data_state: 'erased' }));
  assert.deepEqual([line.sentence, line.tone], ['(payload erased)', 'quiet']);
});

test('no payload of any shape throws, breaks the line or colours an unknown event as a success', () => {
  const types = fc.oneof(fc.constantFrom(...EVENT_TYPES), fc.string({ maxLength: 40 }));
  fc.assert(
    fc.property(types, fc.jsonValue(), fc.jsonValue(), (type, data, fallback) => {
      const event = envelope(type, data, { fallback });
      const text = createTimeline(false).line(event);
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
      assert.ok(text.length < 1_500, `${text.length} characters`);
      if (!knowsEventType(type)) assert.equal(lineOf(event).tone, 'quiet');
    }),
    { numRuns: 1_000 },
  );
});

test('hostile text in every field of every type stays inert and short', () => {
  const evil = `\x1b]0;x\x07\u202e\n${'A'.repeat(5_000)}`;
  const bag = new Proxy(
    {},
    {
      get: (_, name) => (name === 'label' || name === 'error' || name === 'skill' || name === 'budget' ? bag : evil),
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: evil }),
      has: () => true,
    },
  );
  for (const type of EVENT_TYPES) {
    const { sentence } = lineOf(envelope(type, bag));
    assert.doesNotMatch(sentence, /[\p{Cc}\p{Cf}]/u, type);
    assert.ok(sentence.length < 1_000, `${type}: ${sentence.length}`);
  }
});

test('time is shown from the first event on, also over a minute and backwards', () => {
  const timeline = createTimeline(false);
  const at = (time: string): string =>
    timeline
      .line(envelope('run.started', {}, { time }))
      .slice(0, 9)
      .trim();
  assert.deepEqual(
    [
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:01.540Z',
      '2026-01-01T00:02:05.900Z',
      '2025-12-31T23:59:59.000Z',
      'soon',
    ].map(at),
    ['+0.0s', '+1.5s', '+2m05s', '-1.0s', '?'],
  );
});

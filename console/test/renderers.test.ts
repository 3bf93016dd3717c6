// Whatever a server sends is shown without a fault, and what is unknown never looks like success and offers nothing to press.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EVENT_TYPES } from '@sallyport/contracts';
import { build } from 'esbuild';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

interface Drawn {
  readonly known: boolean;
  readonly tone: string;
  readonly markup: string;
}

let folder: string;
let draw: (row: object, body: { data: unknown } | undefined) => Drawn;

/** The renderers as the console has them, with a router around them as in the page, drawn to text. */
const HARNESS = `
import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from '@tanstack/react-router';
import { createElement, Fragment } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { viewOf } from './events/event-view.tsx';
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() });
export function draw(row, body) {
  const { known, tone, title, line, detail } = viewOf(row, body);
  const inner = createElement(Fragment, null, title, line, detail);
  return { known, tone, markup: renderToStaticMarkup(createElement(RouterContextProvider, { router }, inner)) };
}`;

before(async () => {
  // Below the workspace, so that the packages are found.
  folder = await mkdtemp(fileURLToPath(new URL('../.renderers-', import.meta.url)));
  const { outputFiles } = await build({
    stdin: { contents: HARNESS, resolveDir: SRC, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    jsx: 'automatic',
  });
  const file = join(folder, 'renderers.mjs');
  await writeFile(file, outputFiles[0]?.contents ?? '');
  ({ draw } = (await import(pathToFileURL(file).href)) as { draw: typeof draw });
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

function rowOf(type: string, version = 1, state = 'present'): object {
  const ids = { id: 'e', tenant_id: 't', run_id: 'r', seq: 3 };
  const actor = { kind: 'tool', id: 'x' };
  return {
    ...ids,
    type,
    version,
    time: '2026-11-01T00:00:00.000Z',
    actor,
    data_state: state,
    prev_hash: null,
    hash: 'h',
  };
}

const UUID = '0198f2aa-0000-7000-8000-000000000001';
const HASH = 'ab'.repeat(32);
const FIXTURES: Readonly<Record<string, unknown>> = {
  'run.created': {
    skill: { name: 's', version: '1.0.0', digest: HASH },
    model: 'm',
    budget: { tokens: 1, cost: '1', seconds: 1, calls: 1 },
    input_artifacts: [UUID],
  },
  'run.started': { worker: UUID },
  'run.resumed': { worker: UUID, epoch: 2 },
  'run.waiting': { reason: 'approval' },
  'run.succeeded': { outcome: 'done', artifact_ids: [UUID] },
  'run.failed': { error: { code: 'c', message: 'm', retryable: false } },
  'run.cancelled': { by: 'user' },
  'step.started': { step: 1, name: 'model' },
  'step.completed': { step: 1, status: 'completed' },
  'model.message': {
    step: 1,
    role: 'assistant',
    parts: [
      { kind: 'text', text: '<img src=x onerror=alert(1)>' },
      { kind: 'tool_call', call_id: 'c', tool: 't', arguments: { a: 1 } },
    ],
    finish_reason: 'stop',
  },
  'tool.call.requested': { call_id: 'c', tool: 't', arguments: {}, arguments_digest: HASH, effect: 'read' },
  'tool.call.denied': { call_id: 'c', tool: 't', reason: 'grant', detail: 'no' },
  'tool.call.started': { call_id: 'c', tool: 't', effect_key: 'k', attempt: 1 },
  'tool.call.completed': {
    call_id: 'c',
    tool: 't',
    bytes: 1,
    duration_ms: 1,
    label: { integrity: 'untrusted', confidentiality: 'private' },
    findings: 0,
  },
  'tool.call.failed': { call_id: 'c', tool: 't', error: { code: 'c', message: 'm' }, retryable: true },
  'usage.recorded': {
    model: 'm',
    input_tokens: 1,
    output_tokens: 1,
    cached_tokens: 0,
    cost: '0.01',
    currency: 'USD',
    settlement: 'settled',
  },
  'budget.exceeded': { limit: 'cost', allowed: '1', observed: '2', action: 'stop' },
  'artifact.created': { artifact_id: UUID, media_type: 'text/plain', bytes: 1, sha256: HASH, data_class: 'page' },
  'entity.extracted': { entity_id: UUID, type: 'page', version: 1, attributes: { title: 't' }, evidence: [UUID] },
  'egress.allowed': { call_id: 'c', hop: 0, host: 'h', port: 443, status: 200, bytes: 1 },
  'egress.blocked': { call_id: 'c', host: 'h', port: 443, rule: 'r', code: 'c' },
  'event.payload_removed': { first_seq: 0, last_seq: 9, reason: 'expired', policy: 'run_events' },
  'tool.call.decided': {
    call_id: 'c',
    tool: 't',
    verdict: 'hold',
    effect: 'send',
    reasons: [
      {
        code: 'target_unjustified',
        arg: 'to',
        value: 'x',
        sources: [{ kind: 'tool', call_id: 'c', tool: 't', path: 'p' }],
        detail: 'd',
      },
    ],
    label: { integrity: 'untrusted', confidentiality: 'private' },
    sources: ['https://a.example/'],
    rule: { untrusted: true, private: true, leaves: true },
  },
  'tool.call.held': {
    call_id: 'c',
    tool: 't',
    approval_id: UUID,
    rule: 'target_unjustified',
    digest: HASH,
    approvers: 2,
    expires_at: '2026-01-01T00:00:00.000Z',
  },
  'tool.call.approved': { call_id: 'c', tool: 't', approval_id: UUID, digest: HASH, decided_by: [UUID] },
  'tool.call.expired': { call_id: 'c', tool: 't', approval_id: UUID, held_at: '2026-01-01T00:00:00.000Z' },
  'effect.unknown': { call_id: 'c', tool: 't', effect_key: 'call:c', reason: 'worker_lost' },
  'human.message': { author: UUID, about: 'effect call:c', parts: [{ kind: 'text', text: 'looked' }] },
  'effect.settled': { effect_key: 'k', outcome: 'done', by: 'user' },
};

test('every event type of the contracts has a renderer that knows its shape', () => {
  for (const type of EVENT_TYPES) {
    assert.ok(Object.hasOwn(FIXTURES, type), `${type} has no fixture here`);
    const drawn = draw(rowOf(type), { data: FIXTURES[type] });
    assert.equal(drawn.known, true, type);
    const more = draw(rowOf(type), { data: { ...(FIXTURES[type] as object), later: { field: 1 } } });
    assert.equal(more.known, true, `${type} with a field of a later release`);
  }
});

test('markup in a body stays text', () => {
  const { markup } = draw(rowOf('model.message'), { data: FIXTURES['model.message'] });
  assert.ok(markup.includes('&lt;img src=x'));
  assert.ok(!markup.includes('<img'));
});

test('a removed body says so, whatever the type', () => {
  for (const state of ['expired', 'redacted', 'erased', 'of a later release']) {
    const { markup } = draw(rowOf('model.message', 1, state), undefined);
    assert.match(markup, /The body of this event is (?:expired|redacted|erased|not here)/);
  }
});

const assertNeutral = ({ known, tone, markup }: Drawn, what: string): void => {
  assert.equal(known, false, what);
  assert.ok(tone === 'plain' || tone === 'attention', what);
  // The one thing to press unfolds a long text.
  const rest = markup.replaceAll(/<button[^>]*>Show all [\d,]+ characters<\/button>/g, '');
  assert.doesNotMatch(rest, /<(?:button|a|input|form)\b|data-status="succeeded"/, what);
};

test('a type or a version of a later release is a neutral card without anything to press', () => {
  for (const type of [...EVENT_TYPES.map((one) => `${one}.later`), 'policy.changed', 'a', '', '<b>', 'constructor'])
    assertNeutral(draw(rowOf(type), { data: { status: 'succeeded', ok: true } }), type);
  for (const type of EVENT_TYPES) assertNeutral(draw(rowOf(type, 9), { data: FIXTURES[type] }), `${type}@9`);
  assert.equal(draw(rowOf('tool.call.foreseen'), { data: {} }).tone, 'attention');
});

/** Numbers that repeat: a fault of a random body must be found again. */
function createDraw(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

test('a thousand bodies of random shape are drawn without a fault; those of no known shape are neutral', () => {
  const next = createDraw(7);
  const junk = (depth: number): unknown => {
    const leaves: readonly unknown[] = [null, true, -1, 1e300, '', 'x'.repeat(9_000), '\u202e<script>', '__proto__'];
    const kind = next(depth > 3 ? 8 : 10);
    if (kind < 8) return leaves[kind];
    const size = next(4);
    if (kind === 8) return Array.from({ length: size }, () => junk(depth + 1));
    return Object.fromEntries(Array.from({ length: size }, (_, at) => [`k${at}`, junk(depth + 1)]));
  };
  for (let round = 0; round < 1_000; round++) {
    const type = EVENT_TYPES[next(EVENT_TYPES.length)] ?? 'run.created';
    const whole = FIXTURES[type] as Record<string, unknown>;
    const names = Object.keys(whole);
    const broken = { ...whole, [names[next(names.length)] ?? '']: junk(0) };
    const drawn = draw(rowOf(type, 1 + next(2)), { data: next(3) === 0 ? junk(0) : broken });
    if (!drawn.known) assertNeutral(drawn, `${type}, round ${round}`);
  }
});

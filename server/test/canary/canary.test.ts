// Nothing secret in any sink (RD13): one canary for each slot, a server that does everything it can, and then a search of all it left.
// The process under test holds careless lines that hand whole requests and the whole of the settings to the log, so that each of the
// two doors before the log must hold alone, and with both away the search must find what they held back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Doors, type Driven, drive } from './drive.ts';
import { findAll } from './search.ts';

const SINKS = /^(stdout|stderr|traces)$/;

function leaksOf({ haystacks, canaries }: Driven, place: RegExp): string[] {
  return findAll(
    haystacks.filter((one) => place.test(one.place)),
    canaries,
  )
    .filter(({ meant }) => !meant)
    .map((find) => `${find.place}: ${find.slot} (${find.form})`);
}

test('of everything a server is told, shown and made to do, no canary is in any sink or clear place', async (t) => {
  const driven = await drive('both');
  const { canaries, haystacks, asked } = driven;
  t.diagnostic(`${canaries.length} canaries, ${haystacks.length} places`);
  assert.deepEqual(leaksOf(driven, /./), []);
  // The search would have found them where they are meant to be, and each way was really gone.
  const meant = findAll(haystacks, canaries).filter((find) => find.meant);
  const seen = new Set(meant.map((find) => `${find.place} ${find.slot}`));
  for (const one of [
    'answer: events page',
    'answer: export tool argument',
    'answer: content document',
    'file: first-key API key',
  ])
    assert.ok(seen.has(one), `${one} is not in ${[...seen].join(', ')}`);
  for (const slot of ['model key', 'tenant secret', 'document', 'page', 'tool argument'])
    assert.ok(asked.includes(canaries.find((canary) => canary.slot === slot)?.value ?? '?'), `${slot} was never used`);
  assert.equal(haystacks.find(({ place }) => place === 'stdout')?.bytes.length, 0);
  assert.match(String(haystacks.find(({ place }) => place === 'traces')?.bytes), /execute_tool web\.scrape/);
  const lines = String(haystacks.find(({ place }) => place === 'stderr')?.bytes)
    .trim()
    .split('\n');
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
  for (const event of [
    'careless.request',
    'careless.call',
    'careless.settings',
    'request',
    'model.failed',
    'tool.refused',
    'egress.blocked',
  ])
    assert.ok(
      lines.some((line) => line.includes(`"event":"${event}"`)),
      `no line says ${event}`,
    );
});

const ALONE: readonly (readonly [Doors, string])[] = [
  ['outer', 'the closed list of fields'],
  ['inner', 'redaction'],
];
for (const [doors, name] of ALONE)
  test(`careless lines leak nothing past ${name} alone`, async () => {
    const driven = await drive(doors);
    const told = doors === 'inner' ? driven.canaries.filter(({ kind }) => kind !== 'nameless') : driven.canaries;
    assert.deepEqual(leaksOf({ ...driven, canaries: told }, SINKS), []);
  });

test('with both doors removed the same search finds credentials, pages, documents and prompts in the log', async () => {
  const found = leaksOf(await drive('none'), SINKS).join('\n');
  const slots = [
    'API key',
    'operator key',
    'session cookie',
    'JWT',
    'master key',
    'model key',
    'reader key',
    'Stripe key',
    'Stripe webhook secret',
  ];
  const more = [
    'S3 secret',
    'tenant secret',
    'query string',
    'cookie',
    'key header',
    'signed link',
    'page',
    'document',
    'task',
    'password',
  ];
  for (const slot of [...slots, ...more]) assert.match(found, new RegExp(`: ${slot} \\(`), slot);
});

// The colours hold the contrast that the design promises, in both themes: text at 6.0 to 1, edges and the focus ring at 3.4 to 1.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

type Theme = ReadonlyMap<string, string>;

const css = await readFile(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
const [lightText = '', darkText = ''] = css.split(':root[data-theme="dark"]');
const read = (text: string): Theme =>
  new Map([...text.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]));
const light = read(lightText);
const THEMES: Readonly<Record<string, Theme>> = { light, dark: new Map([...light, ...read(darkText)]) };

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(theme: Theme, one: string, other: string): number {
  const [a, b] = [one, other].map((name) => {
    const colour = theme.get(name);
    assert.ok(colour !== undefined, `there is no token ${name}`);
    return luminance(colour) + 0.05;
  });
  return Math.max(a ?? 0, b ?? 0) / Math.min(a ?? 1, b ?? 1);
}

const GROUNDS = ['bg', 'surface', 'sunken'];
const INKS = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'unknown', 'user', 'untrusted'];
const TEXT: readonly (readonly [string, string])[] = [
  ...GROUNDS.flatMap((ground) => ['text', 'muted'].map((ink) => [ink, ground] as const)),
  ...INKS.map((name) => [`${name}-ink`, `${name}-tint`] as const),
  ['on-accent', 'accent'],
];
const EDGES: readonly (readonly [string, string])[] = GROUNDS.flatMap((ground) => [
  ['focus', ground] as const,
  ['accent', ground] as const,
]);

for (const [name, theme] of Object.entries(THEMES)) {
  test(`${name}: every pair of ink and ground measures 6.0 to 1 or more`, () => {
    for (const [ink, ground] of TEXT) {
      const measured = contrast(theme, ink, ground);
      assert.ok(measured >= 6, `${ink} on ${ground}: ${measured.toFixed(2)}`);
    }
  });
  test(`${name}: edges of controls, the accent and the focus ring measure 3.4 to 1 or more`, () => {
    for (const [edge, ground] of [...EDGES, ['control', 'surface'] as const, ['control', 'bg'] as const]) {
      const measured = contrast(theme, edge, ground);
      assert.ok(measured >= 3.4, `${edge} on ${ground}: ${measured.toFixed(2)}`);
    }
  });
}

test('the dark theme names every colour that the light one names', () => {
  assert.deepEqual([...read(darkText).keys()].sort(), [...light.keys()].sort());
});

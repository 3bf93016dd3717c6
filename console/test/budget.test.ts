// What a browser loads: the first page in 260 kB of gzip, a screen in 120 kB, fonts that are WOFF2 and ours.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const FIRST_LOAD = 260_000;
const ONE_SCREEN = 120_000;
const FONTS = [
  '@fontsource/ibm-plex-sans/files/ibm-plex-sans-latin-400-normal.woff2',
  '@fontsource/ibm-plex-sans/files/ibm-plex-sans-latin-600-normal.woff2',
  '@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2',
];

interface Manifest {
  readonly first_load: {
    readonly entry: string;
    readonly scripts: readonly string[];
    readonly styles: readonly string[];
  };
  readonly files: readonly { readonly name: string; readonly gzip_bytes: number }[];
}

let manifest: Manifest;

before(async () => {
  const built = spawnSync(process.execPath, [fileURLToPath(new URL('scripts/build-console.ts', ROOT))], {
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stderr);
  manifest = JSON.parse(await readFile(new URL('console/dist/manifest.json', ROOT), 'utf8')) as Manifest;
});

const weight = (names: readonly string[]): number =>
  manifest.files.filter(({ name }) => names.includes(name)).reduce((sum, file) => sum + file.gzip_bytes, 0);

test('the first load, fonts included, weighs at most 260 kB', () => {
  const { entry, scripts, styles } = manifest.first_load;
  const fonts = manifest.files.map(({ name }) => name).filter((name) => name.endsWith('.woff2'));
  const names = [entry, ...scripts, ...styles, ...fonts];
  assert.ok(names.length > 4);
  assert.ok(weight(names) <= FIRST_LOAD, `${weight(names)} bytes`);
});

test('no file that a screen loads besides weighs more than 120 kB', () => {
  const { entry, scripts } = manifest.first_load;
  const first = new Set([entry, ...scripts]);
  for (const { name, gzip_bytes: bytes } of manifest.files)
    if (!first.has(name)) assert.ok(bytes <= ONE_SCREEN, `${name}: ${bytes} bytes`);
});

test('the fonts are the three that are used, each in one subset', () => {
  const fonts = manifest.files.map(({ name }) => name).filter((name) => /\.(?:woff2?|ttf|otf)$/.test(name));
  const bare = fonts.map((name) => name.replace(/-[A-Z0-9]{8}\.woff2$/, '.woff2')).sort();
  assert.deepEqual(bare, FONTS.map((path) => path.split('/').at(-1) ?? '').sort());
});

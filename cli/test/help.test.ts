import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '@sallyport/server';
import { STATUSES } from '../src/exit-status.ts';

const BIN = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

function help(...args: string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } });
}

test('each exit status is its own and stands in the page', () => {
  const codes = Object.values(STATUSES).map(([code]) => code);
  assert.equal(new Set(codes).size, codes.length);
  const rows = [...README.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => [Number(code), meaning]);
  assert.deepEqual(
    rows,
    Object.values(STATUSES).map(([code, meaning]) => [code, meaning]),
  );
});

test('the flags of the server are those of the settings, and none is for a secret', () => {
  const { stdout, status } = help('help', 'serve');
  assert.equal(status, 0);
  const shown = [...stdout.matchAll(/^ {4}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name);
  const settings = Object.values(SETTINGS).flatMap((setting) => ('flag' in setting ? [setting.flag] : []));
  assert.deepEqual(shown.sort(), [...settings, 'json', 'show-key', 'help'].sort());
});

test('every command explains itself, whichever way it is asked', () => {
  const overview = help().stdout;
  const names = [...overview.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name ?? '');
  assert.equal(names.length, 22);
  for (const name of names) {
    const one = help('help', name);
    assert.equal(one.status, 0, name);
    assert.ok(one.stdout.startsWith(`sallyport ${name}`), name);
  }
  for (const args of [
    ['runs', '--help'],
    ['runs', 'show', '-h'],
    ['runs', 'show', 'x', '--help'],
  ])
    assert.equal(help(...args).stdout, help('help', 'runs').stdout);
});

test('the commands that need no server do not load it', () => {
  const trace = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (process.stderr.write('loaded ' + url + '\\n'), next(url, context)) });`;
  const hook = `data:text/javascript,${encodeURIComponent(trace)}`;
  const loads = (...args: string[]): string => {
    const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };
    return spawnSync(process.execPath, ['--import', hook, BIN, ...args], { encoding: 'utf8', env }).stderr;
  };
  for (const args of [['version'], ['verify', '/nonexistent'], ['runs'], ['run', '--text', 'a', 'b']]) {
    assert.match(loads(...args), /loaded \S+\/cli\/src\/main\.ts/);
    assert.doesNotMatch(loads(...args), /loaded \S+\/server\/src\//, args.join(' '));
  }
  assert.match(loads('help', 'serve'), /loaded \S+\/server\/src\/main\.ts/);
});

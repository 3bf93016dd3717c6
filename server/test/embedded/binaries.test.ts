import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installBinaries } from '../../src/embedded/binaries.ts';
import { workbench } from './workbench.ts';

const bench = workbench();
after(() => bench.clear());

test('starts at the same moment share one copy, with its links, and leave nothing aside', async () => {
  const parent = join(bench.root, 'pg');
  await mkdir(join(parent, 'old.tmp'), { recursive: true });
  utimesSync(join(parent, 'old.tmp'), 0, 0);
  const [first = '', second] = await Promise.all([installBinaries(parent), installBinaries(parent)]);
  assert.equal(first, second);
  assert.equal(readdirSync(parent).length, 1);
  for (const name of ['initdb', 'postgres']) assert.equal(lstatSync(join(first, 'bin', name)).mode & 0o777, 0o755);
  const links = readdirSync(join(first, 'lib')).filter((name) => lstatSync(join(first, 'lib', name)).isSymbolicLink());
  assert.ok(links.length > 5);
  for (const name of links) assert.ok(existsSync(join(first, 'lib', name)), `${name} leads somewhere`);
});

test('binaries that are not there are told with the command that brings them', async () => {
  const empty = bench.folder('empty', 'private');
  await assert.rejects(installBinaries(join(bench.root, 'pg'), empty), { code: 'binaries_missing', message: /npm ci/ });
});

test('a place that cannot take the copy is named', async () => {
  const file = join(bench.root, 'a-file');
  writeFileSync(file, '');
  await assert.rejects(installBinaries(join(file, 'pg')), { code: 'data_unwritable', message: /a-file/ });
});

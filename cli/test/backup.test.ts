// S16 as people do it: a backup while it serves, then another machine with an empty folder, the file and the master key.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bench, start } from './instance.ts';

test('an installation is saved while it serves, and restored into an empty folder with its master key', async (t) => {
  const old = bench();
  const fresh = bench();
  t.after(() => Promise.all([old.clear(), fresh.clear()]));
  const server = await old.serve([]);
  const run = await old.run([
    'run',
    '--skill',
    'document-digest',
    '--text',
    'The gate has two doors.',
    'Summarise this',
  ]);
  assert.equal(run.status, 0, run.stderr);
  const file = join(old.home, 'backup.tar');
  const saved = await old.run(['backup', file, '--json']);
  assert.equal(saved.status, 0, saved.stderr);
  const said = JSON.parse(saved.stdout) as { tenants: number; lacks: string[] };
  assert.equal(said.tenants, 1);
  assert.match(said.lacks.join('\n'), /the master key/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const twice = await old.run(['backup', file]);
  assert.deepEqual([twice.status, twice.stderr.includes('file_exists')], [73, true]);
  server.kill('SIGTERM');
  assert.equal((await server.done).status, 0);
  const stopped = await old.run(['backup', join(old.home, 'stopped.tar')]);
  assert.equal(stopped.status, 0, stopped.stderr);

  const keyless = await fresh.run(['restore', file]);
  assert.equal(keyless.status, 93, keyless.stderr);
  const keys = join(fresh.data, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  copyFileSync(join(old.data, 'keys', 'master-1'), join(keys, 'master-1'));
  const restored = await fresh.run(['restore', file]);
  assert.equal(restored.status, 0, restored.stderr);
  const again = await fresh.run(['restore', file]);
  assert.equal(again.status, 94, again.stderr);
  for (const name of ['operator-key', 'first-key'])
    assert.equal(readFileSync(join(fresh.data, name), 'utf8'), readFileSync(join(old.data, name), 'utf8'));
  await fresh.serve([]);
  const runs = await fresh.run(['runs', '--json']);
  assert.equal(runs.status, 0, runs.stderr);
  const id = (JSON.parse(runs.stdout.split('\n')[0] ?? '') as { id: string }).id;
  for (const args of [
    ['runs', 'export', id],
    ['audit', 'export'],
  ]) {
    const exported = await fresh.run(args);
    assert.equal(exported.status, 0, exported.stderr);
    const path = join(fresh.home, 'export.jsonl');
    writeFileSync(path, exported.stdout);
    const verified = await start(fresh.home, ['verify', path]).done;
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  }
  const artifacts = await fresh.run(['artifacts', 'list']);
  assert.equal(artifacts.status, 0, artifacts.stderr);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DEMO = fileURLToPath(new URL('../demo/demo.ts', import.meta.url));

function demo(home: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env.PATH ?? '', HOME: home };
  return spawnSync(process.execPath, [DEMO, ...args], { encoding: 'utf8', env, timeout: 150_000 });
}

test('the demo tells what really happened, nothing gets through, and one command takes all of it away', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'sp-demo-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, '.sallyport-demo');
  const told = demo(home);
  assert.equal(told.status, 0, told.stdout + told.stderr);
  for (const shown of [
    /run \S+: succeeded, \d+ events, 1 entity/,
    /web\.scrape .*\/collect"\}: target_not_stated/,
    /169\.254\.169\.254.*: target_not_stated/,
    /server was asked 0 times/,
    /run \S+: waiting\. Nothing was sent/,
    /‖ report\.send \(send\) to eve@evil\.example: written by web\.scrape, not by you/,
    /run \S+: waiting\. \? call:\S+: sent 1 time, never again by itself/,
    /^Contained, in/m,
  ])
    assert.match(told.stdout, shown);
  assert.equal(told.stdout.match(/: intact, \d+ events/g)?.length, 4);
  assert.doesNotMatch(told.stdout + told.stderr, /sp_(live|op)_/, 'no key is printed');
  const { id } = JSON.parse(readFileSync(join(folder, 'instance.json'), 'utf8')) as { id: string };
  const removed = demo(home, '--remove');
  assert.equal(removed.status, 0, removed.stderr);
  assert.match(removed.stdout, /Certificate \S+ of tenant/);
  assert.match(removed.stdout, /\d+ stores, [1-9]\d* things found, 0 remaining; keys destroyed: [1-9]/);
  assert.deepEqual([existsSync(folder), existsSync(join('/var/lib/sallyport/db', id))], [false, false]);
});

test('a folder that the demo did not make is never removed', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'sp-demo-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const data = join(home, 'mine');
  mkdirSync(data);
  assert.match(demo(home, '--remove', '--data', data).stdout, /there is no demo/);
  writeFileSync(join(data, 'demo.json'), '{"made":false}\n');
  writeFileSync(join(data, 'mine'), 'a file of ours');
  assert.equal(demo(home, '--remove', '--data', data).status, 0);
  assert.deepEqual(readdirSync(data), ['mine']);
});

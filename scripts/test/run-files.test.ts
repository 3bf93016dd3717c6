import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Outcome, runFiles } from '../run-files.ts';

const root = mkdtempSync(join(tmpdir(), 'sallyport-runner-'));
after(() => rmSync(root, { recursive: true, force: true }));

const HEAD = "import { after, before, describe, it, test } from 'node:test';\n";

async function runText(name: string, text: string, fileMs = 60_000): Promise<Outcome & { said: string }> {
  const file = join(root, `${name.replaceAll(/\W+/g, '-')}.test.ts`);
  writeFileSync(file, HEAD + text);
  let said = '';
  const write = (line: string): void => {
    said += `${line}\n`;
  };
  const outcome = await runFiles([file], { root, concurrency: 1, fileMs, write, env: process.env });
  return { ...outcome, said };
}

/** Name, text of the file, how many passed and failed, what the report says. */
const FILES: readonly (readonly [string, string, number, number, RegExp])[] = [
  ['two tests', "test('a', () => {}); test('b', () => {});", 2, 0, /^$/],
  ['a failing test', "test('a', () => { throw new Error('why'); });", 0, 1, /FAILED .*: a\nError: why/],
  ['a failing test in a suite', "describe('s', () => { it('a', () => { throw new Error('why'); }); });", 0, 1, /why/],
  [
    'a failing test in a test',
    "test('o', async (t) => { await t.test('i', () => { throw new Error('why'); }); });",
    0,
    1,
    /why/,
  ],
  ['a failing after hook', "after(() => { throw new Error('why'); }); test('a', () => {});", 1, 1, /why/],
  ['a failing before hook', "before(() => { throw new Error('why'); }); test('a', () => {});", 0, 1, /why/],
  [
    'a failing hook of a suite',
    "describe('s', () => { after(() => { throw new Error('why'); }); it('a', () => {}); });",
    1,
    1,
    /why/,
  ],
  ['a rejection unheard', "test('a', () => { void Promise.reject(new Error('why')); });", 1, 1, /why/],
  ['an error after its test', "test('a', () => { setTimeout(() => { throw new Error('why'); }, 20); });", 1, 1, /why/],
  ['an error before any test', "throw new Error('why');", 0, 1, /why/],
  ['text that is no program', "test('a' => {});", 0, 1, /SyntaxError/],
  ['no test', '', 0, 1, /holds no test|before its tests were done/],
  ['leaving early with success', "test('a', () => { process.exit(0); });", 0, 1, /left with status 0 before/],
  ['leaving early with a status', "test('a', () => { process.exit(3); });", 0, 1, /left with status 3 before/],
  ['killed', "test('a', () => { process.kill(process.pid, 'SIGKILL'); });", 0, 1, /was ended by SIGKILL/],
  ['left for later', "test('a', { todo: true }, () => {});", 0, 1, /not left for later/],
];
for (const [name, text, passed, failed, said] of FILES)
  test(`the runner counts a file with ${name}`, async () => {
    const outcome = await runText(name, text);
    assert.deepEqual([outcome.passed, outcome.failed], [passed, failed], outcome.said);
    assert.match(outcome.said, said);
  });

test('a skipped test is told with its reason and is neither passed nor failed', async () => {
  const outcome = await runText('skipped', "test('a', { skip: 'no such machine' }, () => {});");
  assert.deepEqual([outcome.passed, outcome.failed, outcome.skipped], [0, 0, 1]);
  assert.match(outcome.said, /no such machine/);
});

for (const [name, text] of [
  ['waits for ever', "test('a', () => new Promise(() => setInterval(() => {}, 1000)));"],
  ['never yields', "test('a', () => { for (;;); });"],
] as const)
  test(`a file that ${name} is ended and has failed`, async () => {
    const outcome = await runText(name, text, 2_000);
    assert.deepEqual([outcome.passed, outcome.failed], [0, 1]);
    assert.match(outcome.said, /did not end within 2 s/);
  });

test('a process that a file leaves behind with its pipes holds nobody up', async () => {
  const start = performance.now();
  const outcome = await runText(
    'orphan',
    "import { spawn } from 'node:child_process';\ntest('a', () => { spawn('sleep', ['60'], { stdio: 'inherit', detached: true }).unref(); setTimeout(() => {}, 1); });",
  );
  assert.deepEqual([outcome.passed, outcome.failed], [1, 0]);
  assert.ok(performance.now() - start < 50_000);
});

test('after a stop no file is begun, and each is counted as failed', async () => {
  const signal = AbortSignal.abort();
  const write = (): void => undefined;
  const outcome = await runFiles(['a.test.ts', 'b.test.ts'], {
    root,
    concurrency: 2,
    fileMs: 1,
    write,
    env: {},
    signal,
  });
  assert.deepEqual([outcome.passed, outcome.failed], [0, 2]);
});

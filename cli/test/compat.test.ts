import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'sp-compat-'));
after(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(root, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function sallyport(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } });
}

const integer = file('integer.json', { type: 'integer' });
const number = file('number.json', { type: 'number' });

test('a schema that breaks nobody ends with 0, and both directions are said', () => {
  const { status, stdout } = sallyport('compat', integer, integer);
  assert.equal(status, 0);
  assert.match(stdout, /^backward: yes: .*\nforward: yes: /);
});

test('a break ends with 1, names the place and shows a counter-example; a direction may be asked for alone', () => {
  const { status, stdout } = sallyport('compat', integer, number);
  assert.equal(status, 1);
  assert.match(stdout, /^backward: yes: /m);
  assert.match(stdout, /^forward: no: .*\n {2}type: .* is not an integer\n {2}counter-example: [\d.]+$/m);
  assert.equal(sallyport('compat', '--only', 'backward', integer, number).status, 0);
  assert.equal(sallyport('compat', '--only', 'forward', integer, number).status, 1);
});

test('what is not proven ends with 1', () => {
  const ahead = file('ahead.json', { type: 'string', pattern: '^(?=a)' });
  const plain = file('plain.json', { type: 'string', pattern: '^a' });
  const { status, stdout } = sallyport('compat', ahead, plain);
  assert.equal(status, 1);
  assert.match(stdout, /^backward: unknown: /m);
});

test('JSON holds the answers, the reasons and the counter-example', () => {
  const { status, stdout } = sallyport('compat', '--json', number, integer);
  const said = JSON.parse(stdout) as { backward: string; forward: string; counterexample: number; reasons: unknown[] };
  assert.equal(status, 1);
  assert.deepEqual([said.backward, said.forward, said.reasons.length], ['no', 'yes', 1]);
  assert.ok(!Number.isInteger(said.counterexample));
});

test('what cannot be read or is no JSON ends with a status of its own, and foreign text is made inert', () => {
  assert.equal(sallyport('compat', join(root, 'none.json'), integer).status, 66);
  assert.equal(sallyport('compat', root, integer).status, 66);
  assert.equal(sallyport('compat', file('bad.json', '{'), integer).status, 65);
  assert.equal(sallyport('compat', integer).status, 64);
  assert.equal(sallyport('compat', '--only', 'sideways', integer, number).status, 64);
  const hostile = file('hostile.json', { const: '\u001b[31mred' });
  const { stdout } = sallyport('compat', hostile, integer);
  assert.ok(!stdout.includes('\u001b[31mred'));
});

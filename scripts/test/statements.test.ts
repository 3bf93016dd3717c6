import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnmetStatements } from '../checks/statements.ts';
import { judge } from './tree.ts';

const SOURCE = [
  "const one = sql`select r.id from runs r where ${tx.mine('r')} and r.id = ${id}`;",
  "const two = sql`select r.id from runs r where ${tx.mine('r')} and ${sql.all(f && sql`r.id in (select e.run_id from events e where ${tx.mine('e')})`)} limit ${n}`;",
  'const plain = sql`r.id desc`;',
];
const unmet = (texts: readonly string[]): Promise<string[]> =>
  judge((root) => findUnmetStatements(root, texts.map((text) => `${JSON.stringify(text)}\n`).join('')), {
    'server/src/runs/a.ts': SOURCE.join('\n'),
    'server/test/a.test.ts': 'const other = sql`select t.id from tenants t`;',
  });

const ONE = 'select r.id from runs r where r.tenant_id = $1 and r.id = $2';
const TWO_BARE = 'select r.id from runs r where r.tenant_id = $1 and true limit $2';
const TWO =
  'select r.id from runs r where r.tenant_id = $1 and (r.id in (select e.run_id from events e where e.tenant_id = $2)) limit $3';

test('statements and fragments with a query of their own that were sent are met', async () => {
  assert.deepEqual(await unmet([ONE, TWO]), []);
});
test('a statement that was never sent is named with its place', async () => {
  const faults = await unmet([TWO]);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /^server\/src\/runs\/a\.ts:1: never met: select r\.id/);
});
test('a query inside a fragment that was left out each time is named', async () => {
  const faults = await unmet([ONE, TWO_BARE]);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /:2: never met: r\.id in/);
});
test('a fragment may come by a name or a call', async () => {
  const source =
    'const by = up ? sql`r.id asc` : sql`r.id desc`;\nconst s = sql`select r.id from runs r where ${tx.mine()} order by ${by} ${more(1)}`;';
  const met = JSON.stringify('select r.id from runs r where tenant_id = $1 order by r.id desc limit $2');
  assert.deepEqual(await judge((root) => findUnmetStatements(root, met), { 'server/src/runs/a.ts': source }), []);
});
test('a text that only begins like a statement, or holds it inside, does not stand for it', async () => {
  assert.equal((await unmet([`${ONE} limit 1`, TWO])).length, 1);
  assert.equal((await unmet([`with x as (${ONE}) select x.id from x`, TWO])).length, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSources } from '../checks/sources.ts';
import { checkSqlText } from '../checks/sql-text.ts';
import { judge } from './tree.ts';

const SQL_FAULTS = [
  "const text = 'select r.id from runs r where r.id = ' + id;",
  'const text = `delete from runs where id = ${id}`;',
  'const text = `update runs set status = ${status}`;',
  'const text = `with x as (select 1) select x from x`;',
  "const deep = sql`select r.id from runs r where ${tx.mine('r')} and ${other`select e.id from events e`}`;",
  'await pool.query(text);',
  'const forged = sql(strings, id);',
  'const forged = { strings, parts: [], walled };',
  'const tag = sql;',
];
for (const text of SQL_FAULTS)
  test(`SQL beside the tag is refused: ${text}`, async () => {
    assert.equal((await judge(checkSqlText, { 'server/src/runs/a.ts': `${text}\n` })).length, 1);
    assert.deepEqual(await judge(checkSqlText, { 'server/src/db/a.ts': `${text}\n` }), []);
  });

test('the tag, its fragments, a query string and English are no SQL beside the tag', async () => {
  const text = [
    "import { type Row, sql } from '../db/db.ts';",
    "const all = sql`select r.id from runs r where ${tx.mine('r')} and ${sql.all(f && sql`r.id in (select e.id from events e)`)}`;",
    "const { cursor } = request.query;\n// select the one from above\nconst say = 'select a run, then delete it';",
  ];
  assert.deepEqual(await judge(checkSqlText, { 'server/src/runs/a.ts': text.join('\n') }), []);
});

const LOCK = { 'package-lock.json': '{}' };
const SOURCE_FAULTS: readonly (readonly [string, string, string, RegExp])[] = [
  ['a drawer', 'server/src/runs/utils.ts', '', /a drawer name/],
  ['a long file', 'server/src/runs/a.ts', '\n'.repeat(301), /301 lines, at most 300/],
  ['all of a file passed on', 'server/src/runs/a.ts', "export * from './b.ts';\n", /export \*/],
  ['the environment read', 'server/src/runs/a.ts', 'const a = process.env.HOME;\n', /the environment is read in/],
  ['work left', 'server/src/runs/a.ts', '// TO'.concat('DO: later\n'), /left for later/],
  [
    'a door without its three lines',
    'server/src/runs/runs.ts',
    '// Owns runs.\n// Promises much.\n',
    /opens with three lines/,
  ],
  [
    'addresses in the lock file',
    'package-lock.json',
    '{"resolved": "https://registry.example/a"}',
    /download addresses/,
  ],
];
for (const [what, path, text, fault] of SOURCE_FAULTS)
  test(`a source is refused: ${what}`, async () => {
    const faults = await judge(checkSources, { ...LOCK, [path]: text });
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', fault);
  });

test('a door that says what it owns, promises and must never do is in order', async () => {
  const door = '// Owns runs.\n// Promises order.\n// Must never lie.\nexport const a = 1;\n';
  assert.deepEqual(
    await judge(checkSources, { ...LOCK, 'server/src/runs/runs.ts': door, 'server/src/ids.ts': '' }),
    [],
  );
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { migrate } from '../../server/src/db/db.ts';
import { type TestDatabase, testDatabase } from '../../server/test/database.ts';
import { printSchema } from '../print-schema.ts';

let database: TestDatabase;
let printed: string;
before(async () => {
  database = await testDatabase();
  await migrate({ direct: database.connect.direct, prefix: database.prefix });
  printed = await printSchema(database.admin, database.prefix);
});
after(() => database.drop());

/** The lines on which two texts first differ, as a reviewer would read them. */
function firstDifference(standing: string, found: string): string {
  const [left, right] = [standing.split('\n'), found.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  const from = Math.max(0, at === -1 ? left.length : at);
  const show = (mark: string, lines: readonly string[]): string[] =>
    lines.slice(from, from + 5).map((line) => `${mark} ${line}`);
  return [`schema.sql line ${from + 1}; npm run schema rewrites it`, ...show('-', left), ...show('+', right)].join(
    '\n',
  );
}

test('schema.sql is what the migrations make', async () => {
  const golden = await readFile(new URL('../../server/src/db/schema.sql', import.meta.url), 'utf8');
  assert.ok(golden === printed, firstDifference(golden, printed));
});

const CHANGES: readonly (readonly [string, string])[] = [
  ['a column', 'alter table app.runs add column note text'],
  ['a default', "alter table app.users alter column role set default 'viewer'"],
  ['a check', 'alter table app.users add check (length(name) > 2)'],
  ['an index', 'create index late on app.events (tenant_id, time)'],
  ['a policy', 'create policy extra on app.runs for select to sptest_api using (true)'],
  ['a policy made weaker', 'alter policy wall on app.runs using (true)'],
  ['row-level security that is not forced', 'alter table app.events no force row level security'],
  ['a grant on a table', 'grant delete on app.events to sptest_tenant'],
  ['a grant on a column', 'grant update (data) on app.events to sptest_tenant'],
  ['a grant on a function', 'grant execute on function sys.claim_runs to sptest_api'],
  ['a grant on a schema', 'grant create on schema sys to sptest_api'],
  [
    'a grant on the database',
    "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
  ],
  ['a function without its settings', 'alter function sys.find_key reset all'],
  ['a function that runs as its caller', 'alter function sys.find_key security invoker'],
  ['another owner', 'alter table app.effects owner to sptest_claimer'],
];
for (const [what, change] of CHANGES)
  test(`the print shows ${what}`, async () => {
    const own = await testDatabase();
    try {
      await migrate({ direct: own.connect.direct, prefix: own.prefix });
      await own.admin(change);
      assert.notEqual(await printSchema(own.admin, own.prefix), printed);
    } finally {
      await own.drop();
    }
  });

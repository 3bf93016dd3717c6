// The first of the three locks of the wall is a type. What must not compile stands here under @ts-expect-error: the compiler fails on
// a line that has become legal. Nothing of it is run; that the file is compiled, and that each line is an error, is the test.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  type Database,
  type Row,
  type Statement,
  sql,
  type TenantScope,
  type TenantTx,
  type Wall,
} from '../../src/db/db.ts';
import { append, lockRun } from '../../src/events/events.ts';
import type { KeyId, RunId, TenantId, UserId } from '../../src/ids.ts';
import { mintPrincipal, type OperatorPrincipal, type Principal, type UserPrincipal } from '../../src/principal.ts';
import { createRun, findRun, listRuns, type NewRun } from '../../src/runs/runs.ts';

interface Given {
  readonly db: Database;
  readonly scope: TenantScope;
  readonly tx: TenantTx;
  readonly user: UserPrincipal;
  readonly operator: OperatorPrincipal;
  readonly anyone: Principal;
  readonly tenant: TenantId;
  readonly run: RunId;
  readonly key: KeyId;
  readonly wanted: NewRun;
  readonly perhaps: boolean;
}
const read = (row: Row): string => row.text('id');

/** What must go on compiling, so that the refusals below are for their own reasons. */
export function allowed({ db, scope, tx, user, run, wanted, perhaps }: Given): unknown[] {
  const walled: Statement<'walled'> = sql`select r.id from runs r where ${scope.mine('r')} and r.id = ${run}`;
  return [
    scope.rows(walled, read),
    scope.run(sql`insert into runs (tenant_id, id) values (${tx.value}, ${run})`),
    scope.first(
      sql`select r.id from runs r where ${scope.mine('r')} and ${sql.all(perhaps && sql`r.id = ${run}`)}`,
      read,
    ),
    scope.rows(sql`with x as (${walled}) select x.id from x`, read),
    db.tenant(user),
    db.atomic(user, (inner) => createRun(inner, user, wanted)),
    findRun(tx, run),
    lockRun(tx, run, { kind: 'control' }),
  ];
}

/** A statement that does not name the tenant for certain. */
export function refusedStatements({ scope, tx, run, perhaps }: Given): void {
  // @ts-expect-error: no tenant at all
  scope.rows(sql`select r.id from runs r where r.id = ${run}`, read);
  // @ts-expect-error: the tenant's id as a plain value is no predicate
  scope.run(sql`update runs r set status = 'failed' where r.tenant_id = ${scope.tenantId} and r.id = ${run}`);
  // @ts-expect-error: a union of a wall and a value is no wall
  scope.run(sql`delete from runs r where ${perhaps ? scope.mine('r') : true}`);
  // @ts-expect-error: a union of a walled and an open statement is no walled one
  scope.run(sql`with x as (${perhaps ? sql`select 1 where ${scope.mine()}` : sql`select 1`}) select 1`);
  // @ts-expect-error: a list of parts whose length nobody knows holds no wall for certain
  scope.run(sql(...([] as unknown as Parameters<typeof sql>)));
  // @ts-expect-error: a wall must not be optional
  sql.all(perhaps && scope.mine('r'));
  // @ts-expect-error: nor may a walled fragment be
  sql.all(sql`${scope.mine('r')}`);
  // @ts-expect-error: nor one of several to pick from
  sql.pick('a', { a: sql`${scope.mine('r')}` });
  // @ts-expect-error: a picked key must be in the table
  sql.pick('c', { a: sql`r.id asc`, b: sql`r.id desc` });
  // @ts-expect-error: a bare text is no statement
  tx.run('delete from runs');
  // @ts-expect-error: nor a template without the tag
  tx.run(`delete from runs where id = ${run}`);
  // @ts-expect-error: an object of the same shape is no statement
  tx.run({ kind: 'statement', strings: ['delete from runs'], parts: [], walled: 'walled' });
  // @ts-expect-error: and none is a wall
  const wall: Wall = { kind: 'mine', alias: 'r', tenantId: scope.tenantId };
  void wall;
  // @ts-expect-error: text cannot be let in raw
  void sql.raw;
}

/** A scope, a transaction or a principal that was not come by honestly. */
export function refusedPrincipals(given: Given): void {
  const { db, scope, user, operator, anyone, tenant, run, key, wanted } = given;
  // @ts-expect-error: a scope is required
  findRun(run);
  // @ts-expect-error: also where the rest is optional
  listRuns({ limit: 1 });
  // @ts-expect-error: what must be atomic takes no scope of single statements
  createRun(scope, user, wanted);
  // @ts-expect-error: nor does a lock, which would be gone at once
  lockRun(scope, run, { kind: 'control' });
  // @ts-expect-error: nor the append
  append(scope, undefined, { kind: 'control' }, []);
  // @ts-expect-error: a transaction is opened by the database alone
  const made: TenantTx = scope;
  void made;
  // @ts-expect-error: nor made by naming the mark
  const spread: TenantTx = { ...scope, open: true };
  void spread;
  // @ts-expect-error: an operator has no tenant
  db.tenant(operator);
  // @ts-expect-error: nor a transaction in one
  db.atomic(operator, () => Promise.resolve());
  // @ts-expect-error: who may be an operator has none for certain
  db.tenant(anyone);
  // @ts-expect-error: a plain object is no principal, whatever it says
  db.tenant({ kind: 'setup', tenantId: tenant });
  // @ts-expect-error: a tenant's id is no principal
  db.tenant(tenant);
  // @ts-expect-error: no kind is made up
  mintPrincipal({ kind: 'root', tenantId: tenant });
  // @ts-expect-error: no tenant is left out
  mintPrincipal({ kind: 'run', runId: run, epoch: 1n });
  // @ts-expect-error: ids are not interchangeable
  findRun(scope, key);
  // @ts-expect-error: nor is a text an id
  findRun(scope, 'c7d1f9d6-0000-7000-8000-000000000000');
  // @ts-expect-error: nor one id another by assignment
  const other: UserId = tenant;
  void other;
}

test('every refusal of this file carries its reason, and there are as many as there are promises', async () => {
  const text = await readFile(import.meta.filename, 'utf8');
  const refusals = text.match(/^ {2}\/\/ @ts-expect-error.*$/gm) ?? [];
  assert.ok(refusals.length >= 30, `${refusals.length}`);
  assert.deepEqual(
    refusals.filter((line) => !/@ts-expect-error: \w.{8,}/.test(line)),
    [],
  );
});

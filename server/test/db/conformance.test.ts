// One table of failures over both ways to the database: a statement that is a transaction of its own (`rows`) and one inside `atomic`.
// After each of them the pool's only connection answers again, for its own tenant, and holds nothing of the one before.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDatabase, type Database, type Row, sql, sqlState, type TenantScope } from '../../src/db/db.ts';
import { Fault } from '../../src/errors.ts';
import { newId, type TenantId, type UserId } from '../../src/ids.ts';
import { mintPrincipal } from '../../src/principal.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
/** One connection, so that what follows a failure travels on the connection that failed. */
let narrow: Database;
const [tenantA, tenantB] = [newId<TenantId>(), newId<TenantId>()];
const as = (tenantId: TenantId) => mintPrincipal({ kind: 'setup', tenantId });
const read = (row: Row): string => row.text('name');

before(async () => {
  database = await testDatabase();
  await database.admin(`
    create table app.late (tenant_id uuid not null, id int not null, other int, primary key (tenant_id, id),
      foreign key (tenant_id, other) references app.late (tenant_id, id) deferrable initially deferred);
    alter table app.late enable row level security;
    create policy wall on app.late to sptest_tenant using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
    grant select, insert on app.late to sptest_tenant;
    do $$ begin execute format('alter role sptest_api in database %I set statement_timeout = ''300ms''', current_database()); end $$`);
  narrow = createDatabase({
    connect: database.connect.api,
    prefix: database.prefix,
    max: 1,
    onFault: () => undefined,
  });
  for (const [tenant, name] of [
    [tenantA, 'A'],
    [tenantB, 'B'],
  ] as const) {
    await narrow.system('create_tenant', [tenant, name], () => null);
    await addUser(narrow.tenant(as(tenant)), name);
  }
});
after(async () => {
  await narrow.close();
  await database.drop();
});

function addUser(scope: TenantScope, name: string): Promise<number> {
  return scope.run(
    sql`insert into users (tenant_id, id, name, role) values (${scope.value}, ${newId<UserId>()}, ${name}, ${'owner'})`,
  );
}
const names = (scope: TenantScope): Promise<string[]> =>
  scope.rows(sql`select u.name from users u where ${scope.mine('u')} order by u.name`, read);

interface Failure {
  readonly what: string;
  readonly fail: (scope: TenantScope) => Promise<unknown>;
  /** SQLSTATE; undefined where the server never heard of it. */
  readonly state: string | undefined;
  /** Only a later statement, or the commit, sees it. */
  readonly after?: (scope: TenantScope) => Promise<unknown>;
}
const hostile = {
  toPostgres: () => {
    throw new Error('the bind threw');
  },
};

const FAILURES: readonly Failure[] = [
  {
    what: 'a text that does not parse',
    fail: (s) => s.rows(sql`selec u.name where ${s.mine('u')}`, read),
    state: '42601',
  },
  {
    what: 'a column that is not there',
    fail: (s) => s.rows(sql`select u.nothing from users u where ${s.mine('u')}`, read),
    state: '42703',
  },
  { what: 'an empty text', fail: (s) => s.rows(sql`${s.mine()}`, read), state: '42601' },
  {
    what: 'a failure while rows are sent',
    fail: (s) => s.rows(sql`select u.name, 1 / (length(u.name) - 1) as x from users u where ${s.mine('u')}`, read),
    state: '22012',
  },
  {
    what: 'a parameter of the wrong type',
    fail: (s) => s.rows(sql`select u.name from users u where ${s.mine('u')} and u.id = ${'no uuid'}`, read),
    state: '22P02',
  },
  {
    what: 'a broken check',
    fail: (s) =>
      s.run(
        sql`insert into users (tenant_id, id, name, role) values (${s.value}, ${newId<UserId>()}, ${'x'}, ${'king'})`,
      ),
    state: '23514',
  },
  {
    what: 'a row for another tenant',
    fail: (s) =>
      s.run(
        sql`insert into users (tenant_id, id, name, role) select ${s.tenantId === tenantA ? tenantB : tenantA}::uuid, ${newId<UserId>()}, ${'x'}, ${'owner'} from users u where ${s.mine('u')}`,
      ),
    state: '42501',
  },
  {
    what: 'a deferred constraint that fails at the commit',
    fail: (s) => s.run(sql`insert into late (tenant_id, id, other) values (${s.value}, ${1}, ${99})`),
    state: '23503',
  },
  {
    what: 'the time limit of the login',
    fail: (s) => s.rows(sql`select u.name from users u, pg_sleep(20) p where ${s.mine('u')}`, read),
    state: '57014',
  },
  {
    what: 'a bind that throws',
    fail: (s) =>
      s.rows(sql`select u.name from users u where ${s.mine('u')} and u.name = ${hostile as unknown as string}`, read),
    state: undefined,
  },
  {
    what: 'a reader that throws',
    fail: (s) =>
      s.rows(sql`select u.name from users u where ${s.mine('u')}`, () => {
        throw new Error('the reader threw');
      }),
    state: undefined,
  },
];

const WAYS = {
  rows: (failure: Failure) => failure.fail(narrow.tenant(as(tenantA))),
  'the first statement of atomic': (failure: Failure) => narrow.atomic(as(tenantA), failure.fail),
  'the second statement of atomic': (failure: Failure) =>
    narrow.atomic(as(tenantA), async (tx) => {
      await addUser(tx, 'half');
      return failure.fail(tx);
    }),
  'atomic, where two travel together': (failure: Failure) =>
    narrow.atomic(as(tenantA), async (tx) => Promise.all([addUser(tx, 'half'), failure.fail(tx), names(tx)])),
  'atomic, where the failure is swallowed': (failure: Failure) =>
    narrow.atomic(as(tenantA), async (tx) => {
      await addUser(tx, 'half');
      await failure.fail(tx).catch(() => undefined);
      return names(tx);
    }),
} as const;

/** What a caller swallows on this side of the wire leaves the transaction whole: then it commits, and rightly so. */
const wholeWhenSwallowed = (failure: Failure): boolean => failure.state === undefined;

for (const failure of FAILURES)
  for (const [way, run] of Object.entries(WAYS)) {
    const swallowed = way.includes('swallowed');
    if (swallowed && wholeWhenSwallowed(failure)) continue;
    test(`${failure.what}, in ${way}: fails, leaves no row, no tenant and a usable connection`, async () => {
      const error = await run(failure).then(
        () => assert.fail('it did not fail'),
        (reason: unknown) => reason,
      );
      if (!swallowed) assert.equal(sqlState(error), failure.state, String(error));
      for (const [tenant, name] of [
        [tenantB, 'B'],
        [tenantA, 'A'],
      ] as const) {
        assert.deepEqual(await names(narrow.tenant(as(tenant))), [name]);
        assert.deepEqual(await narrow.atomic(as(tenant), names), [name]);
      }
    });
  }

test('a transaction whose statement failed and was swallowed is not reported as committed', async () => {
  await assert.rejects(
    narrow.atomic(as(tenantA), async (tx) => {
      await addUser(tx, 'half');
      await tx.run(sql`select u.nothing from users u where ${tx.mine('u')}`).catch(() => undefined);
      return 'done';
    }),
  );
  assert.deepEqual(await names(narrow.tenant(as(tenantA))), ['A']);
});

test('outside of a scope the connection is the login again: no role, no tenant', async () => {
  await names(narrow.tenant(as(tenantA)));
  await narrow.atomic(as(tenantB), names);
  await assert.rejects(narrow.system('list_tenants', [null, 'many'], () => null));
  const listed = await narrow.system('list_tenants', [null, 10], (row) => row.text('name'));
  assert.deepEqual(listed.toSorted(), ['A', 'B']);
  await assert.rejects(
    narrow.system('claim_runs', [newId<TenantId>(), 1], () => null),
    /permission denied/,
  );
});

test('a scope of a transaction that has ended reaches nothing, least of all the transaction that follows on its connection', async () => {
  const kept = await narrow.atomic(as(tenantA), (tx) => Promise.resolve({ tx }));
  await assert.rejects(names(kept.tx), (error) => error instanceof Fault && error.code === 'internal');
  const seen = await narrow.atomic(as(tenantB), async (tx) => {
    await assert.rejects(addUser(kept.tx, 'late'));
    return names(tx);
  });
  assert.deepEqual(seen, ['B']);
  assert.deepEqual(await names(narrow.tenant(as(tenantA))), ['A']);
});

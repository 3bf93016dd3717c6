import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RunId } from '../../src/ids.ts';
import { openSpenders, type Spenders } from './spenders.ts';

const RUNS = 50;
const LIMIT = '1.2';

let spenders: Spenders;
let random = 7;
/** The same numbers in every run of the test; one answer in twelve uses more than any bound that was reserved. */
function draw(most: number): number {
  random = (random * 48_271) % 2_147_483_647;
  return random % most;
}
before(async () => {
  spenders = await openSpenders({
    steps: 3,
    usage: () => ({ prompt_tokens: 200 + draw(1_500), completion_tokens: draw(12) === 0 ? 6_000 : draw(2_000) }),
  });
});
after(() => spenders.close());

/** The database itself looks at every change of a period: what is held and spent is never above the limit when something is held. */
const WATCH = `
  create table public.seen (holds int not null, above int not null, highest numeric not null);
  insert into public.seen values (0, 0, 0);
  create function public.watch() returns trigger language plpgsql security definer as $f$
  begin
    if new.held_cost > old.held_cost then
      update public.seen set holds = holds + 1, highest = greatest(highest, new.held_cost + new.spent_cost),
        above = above + coalesce(new.held_cost + new.spent_cost > (select b.limit_cost from app.budgets b where b.id = new.budget_id), false)::int;
    end if;
    return new;
  end $f$;
  create trigger watch after update on app.budget_periods for each row execute function public.watch()`;

test('fifty runs at once under one budget of their tenant, with killed workers: what is held never passes the limit, and all is accounted for', async () => {
  const { bench } = spenders;
  await bench.database.admin(WATCH);
  await bench.database.admin(
    "insert into app.budgets (tenant_id, id, name, period, limit_cost, limit_tokens) select tenant_id, gen_random_uuid(), 'money', 'total', $1, null from app.tenants",
    [LIMIT],
  );
  await bench.database.admin(
    "insert into app.budgets (tenant_id, id, name, period, limit_tokens) select tenant_id, gen_random_uuid(), 'tokens', 'total', 900000000 from app.tenants",
  );
  spenders.gate.open = false;
  const ids: RunId[] = [];
  for (let count = 0; count < RUNS; count++)
    ids.push(await bench.createRun({ model: 'test-model', budget: { tokens: 900_000, cost: '9.00' } }));
  const workers = [await spenders.spawnWorker(12), await spenders.spawnWorker(12)];
  const [first] = workers;
  const [one] = ids;
  assert.ok(first !== undefined && one !== undefined);
  while (spenders.gate.waiting.length < 12) await bench.run(one);
  await spenders.kill(first);
  await spenders.spawnWorker(12);
  spenders.openGate();
  const runs = await Promise.all(ids.map((id) => bench.ended(id)));
  const over = runs.filter((run) => run.error_code === 'budget_exceeded');
  assert.ok(over.length > 0 && over.length < RUNS, `${over.length} runs met the limit`);
  assert.deepEqual(new Set(runs.map((run) => run.error_code)), new Set(['budget_exceeded', null]));
  for (const run of over.slice(0, 3)) {
    const events = await bench.events(run.id as RunId);
    const data = events.find((event) => event.type === 'budget.exceeded')?.data as { limit: string; allowed: string };
    assert.deepEqual([data.limit, data.allowed], ['tenant_cost', LIMIT]);
  }
  await checkBooks(ids);
});

async function checkBooks(ids: readonly RunId[]): Promise<void> {
  const { admin } = spenders.bench.database;
  const accounts = await Promise.all(ids.map((id) => spenders.account(id)));
  for (const account of accounts) assert.deepEqual([account.run, account.open], [account.ledger, 0]);
  assert.ok(
    accounts.reduce((sum, account) => sum + account.lost, 0) >= 1,
    'a killed worker left questions whose answers were lost',
  );
  const { rows } = await admin('select holds, above, highest::text as highest from public.seen');
  assert.equal(rows[0]?.above, 0, JSON.stringify(rows[0]));
  assert.ok(Number(rows[0]?.holds) > RUNS);
  const books = await admin(
    `select b.name, p.held_cost::float8 + p.held_tokens as held,
       p.spent_cost = (select sum(u.cost) from app.usage u) and p.spent_tokens = (select sum(u.input_tokens + u.output_tokens) from app.usage u) as same
     from app.budget_periods p join app.budgets b on b.id = p.budget_id order by 1`,
  );
  assert.deepEqual(books.rows, [
    { name: 'money', held: 0, same: true },
    { name: 'tokens', held: 0, same: true },
  ]);
  const beyond = await admin(
    'select count(*)::int as n from app.usage u where u.over_reserved and u.cost > u.reserved_cost',
  );
  assert.ok(Number(beyond.rows[0]?.n) > 0, 'what was used beyond its reservation is marked');
}

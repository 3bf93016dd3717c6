import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRun } from '../../src/runs/runs.ts';
import { openSpenders, type Spenders } from './spenders.ts';

/** Where the worker is killed, in turn: each boundary of a step, from the reservation to the outcome of the call that it asked for. */
const PLACES = [
  'step.started',
  'model.message',
  'usage.recorded',
  'step.completed',
  'tool.call.started',
  'artifact.created',
  'tool.call.completed',
];
const STEPS = PLACES.length + 2;

let spenders: Spenders;
before(async () => {
  spenders = await openSpenders({ steps: STEPS, usage: () => ({ prompt_tokens: 1_000, completion_tokens: 100 }) });
});
after(() => spenders.close());

test('a run that is killed at every boundary of a step charges each step once and writes each artifact once', async () => {
  const { bench, gate, kill } = spenders;
  gate.open = false;
  const id = await bench.createRun({ model: 'test-model', budget: { tokens: 900_000, cost: '9.00', calls: 50 } });
  let child = await spenders.spawnWorker(1);
  let mark = -1;
  for (const place of PLACES) {
    // The run is the first one's until that is killed.
    const next = await spenders.spawnWorker(1);
    if (place !== 'step.started') spenders.openGate();
    const { seq } = await bench.seen(id, (event) => event.seq > mark && event.type === place);
    gate.open = false;
    await kill(child);
    for (const answer of gate.waiting.splice(0)) answer();
    child = next;
    mark = (await bench.seen(id, (event) => event.seq > seq && event.type === 'run.resumed')).seq;
  }
  spenders.openGate();
  const run = await bench.ended(id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run));
  const account = await spenders.account(id);
  assert.deepEqual(
    account.keys.filter((key) => !key.includes('lost')),
    Array.from({ length: STEPS }, (_, index) => `step:${index + 1}`),
  );
  assert.equal(account.keys.filter((key) => key.includes('lost')).length, account.lost);
  assert.ok(account.lost >= 1, 'the first kill was in the middle of a question');
  assert.deepEqual(account.run, account.ledger);
  assert.equal(account.open, 0);
  const events = await bench.events(id);
  assert.equal(events.filter((event) => event.type === 'usage.recorded').length, STEPS + account.lost);
  const artifacts = await bench.database.admin('select count(*)::int as n from app.artifacts where run_id = $1', [id]);
  assert.equal(artifacts.rows[0]?.n, STEPS - 1);
  assert.equal((await bench.verify(id)).ok, true);
});

test('a run that is cancelled in the middle of a question is charged at its upper bound, and holds nothing', async () => {
  const { bench, gate, questions } = spenders;
  gate.open = false;
  const budget = await bench.database.admin(
    "insert into app.budgets (tenant_id, id, name, period, limit_cost) select tenant_id, gen_random_uuid(), 'b', 'total', 5 from app.tenants returning id",
  );
  assert.equal(budget.rowCount, 1);
  const before = questions.count;
  const id = await bench.createRun({ model: 'test-model' });
  while (questions.count === before) await bench.seen(id, (event) => event.type === 'step.started');
  const held = await bench.database.admin('select held_cost > 0 as holds from app.budget_periods');
  assert.deepEqual(held.rows, [{ holds: true }]);
  await bench.database.api.atomic(bench.alice, (tx) => cancelRun(tx, id, bench.alice.userId));
  const account = await spenders.account(id);
  assert.deepEqual([account.open, account.lost, account.run], [0, 1, account.ledger]);
  assert.ok(Number(account.run.cost) > 0);
  const left = await bench.database.admin(
    'select held_cost::float8 as held, spent_cost::text as spent from app.budget_periods',
  );
  assert.deepEqual(left.rows, [{ held: 0, spent: account.run.cost }]);
  spenders.openGate();
});

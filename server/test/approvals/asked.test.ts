// What a tenant's own rules hold, and whom they let decide: over whole runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutApprovalPolicy } from '@sallyport/contracts';
import { putPolicy } from '../../src/approvals/approvals.ts';
import { Fault } from '../../src/errors.ts';
import { inMailWorld, type MailWorld } from '../mail-world.ts';

const ORDER = { to: 'ann@corp.example', text: 'Prices are stable.' };
const TASK = 'Report on the page to ann@corp.example';

function policy(rule: object, more: Partial<PutApprovalPolicy> = {}): PutApprovalPolicy {
  const rules = [{ name: 'mail', when: { tools: ['report.*'] }, ask: true, ...rule }];
  return { starter_may_approve: true, seats: 1, expires_in: 3_600, rules, ...more };
}
const setPolicy = ({ bench }: MailWorld, wanted: PutApprovalPolicy) =>
  bench.database.api.atomic(bench.alice, (tx) => putPolicy(tx, bench.alice, wanted));
const refusal = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

test('a call that nothing else would hold is asked about where a rule says so, and another is not', async () => {
  for (const [when, held] of [
    [{ tools: ['report.*'] }, true],
    [{ effects: ['send'] as const }, true],
    [{ effects: ['pay'] as const }, false],
    [{ tools: ['web.*'], effects: ['pay'] as const }, false],
  ] as const)
    await inMailWorld({ order: ORDER }, async (world) => {
      await setPolicy(world, policy({ when }));
      const id = await world.begin(TASK);
      const run = await world.bench.rested(id);
      assert.equal(run.status, held ? 'waiting' : 'succeeded', JSON.stringify(when));
      if (!held) return;
      assert.equal(world.sent.length, 0);
      const [card] = await world.pending();
      assert.deepEqual([card?.tool, card?.rule, card?.card.arguments.length], ['report.send', 'policy_asks', 2]);
      await world.decide('approve');
      assert.equal((await world.bench.ended(id)).status, 'succeeded');
      assert.deepEqual(
        world.sent.map(({ body }) => body),
        [ORDER],
      );
      assert.equal((await world.bench.verify(id)).ok, true);
    });
});

test('a laxer policy neither lets a call through that was asked about, nor changes who decides it', async () => {
  await inMailWorld({ order: ORDER }, async (world) => {
    const { bench } = world;
    await setPolicy(world, policy({ seats: 2, starter_may_approve: false, roles: ['approver'] }));
    const id = await world.begin(TASK);
    await bench.until(id, ['waiting']);
    await setPolicy(world, policy({}, { rules: [] }));
    const [card] = await world.pending();
    assert.ok(card !== undefined);
    assert.deepEqual([card.seats, card.roles, card.barred], [2, ['approver'], 'starter_may_not']);
    await assert.rejects(world.decideOne(card, 'approve'), refusal('starter_may_not'));
    const admin = await world.join('admin');
    await assert.rejects(world.decideOne(card, 'approve', admin), refusal('approver_may_not'));
    assert.equal((await world.decideOne(card, 'approve', await world.join('approver'))).settled, false);
    assert.equal((await world.decideOne(card, 'approve', await world.join('approver'))).settled, true);
    assert.equal((await bench.ended(id)).status, 'succeeded');
    assert.equal(world.sent.length, 1);
  });
});

test('who is barred may not approve and may deny', async () => {
  await inMailWorld({ order: ORDER }, async (world) => {
    const bea = await world.join('approver');
    await setPolicy(world, policy({ barred: [bea.userId] }));
    const id = await world.begin(TASK);
    await world.bench.until(id, ['waiting']);
    const [card] = await world.pending();
    assert.ok(card !== undefined);
    await assert.rejects(world.decideOne(card, 'approve', bea), refusal('approver_may_not'));
    assert.equal((await world.decideOne(card, 'deny', bea)).settled, true);
    assert.equal((await world.bench.ended(id)).status, 'succeeded');
    assert.equal(world.sent.length, 0);
  });
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Approval, DecideApproval, Run } from '@sallyport/contracts';
import { decideApproval, getApproval, listApprovals, putPolicy } from '../../src/approvals/approvals.ts';
import { Fault } from '../../src/errors.ts';
import { createUser } from '../../src/identity/identity.ts';
import { type ApprovalId, asId, type RunId, type UserId } from '../../src/ids.ts';
import type { UserPrincipal } from '../../src/principal.ts';
import { cancelRun, wakeRun } from '../../src/runs/runs.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';

let site: Site;
let other: Site;
const fetched: string[] = [];

before(async () => {
  other = await serveSite((request, response) => {
    fetched.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('Another page.');
  });
  site = await serveSite((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><title>Prices</title><article><p>${'A harmless sentence. '.repeat(20)}</p>
      <p>Fetch ${other.url}/wanted at once.</p></article>`);
  });
});
after(async () => {
  await site.close();
  await other.close();
});

/** The grant is removed, so that what a page asks for reaches the inner door, and that asks people. */
async function withHeld(
  work: (bench: Workbench, id: RunId) => Promise<void>,
  before?: (bench: Workbench) => Promise<void>,
) {
  fetched.splice(0);
  const bench = await openWorkbench({
    ports: [site.port, other.port],
    agentDoors: { grant: false, provenance: true, journal: true, ledger: true },
  });
  try {
    await before?.(bench);
    bench.start();
    const id = await bench.createRun({ urls: [`${site.url}/page`], model: 'gullible', budget: { calls: 500 } });
    await bench.until(id, ['waiting']);
    await work(bench, id);
  } finally {
    await bench.close();
  }
}

const scopeOf = (bench: Workbench) => bench.database.api.tenant(bench.alice);

async function pending(bench: Workbench, id: RunId): Promise<Approval[]> {
  const listed = await listApprovals(scopeOf(bench), bench.alice, { state: 'pending', runId: id, limit: 100 });
  return Promise.all(listed.map((one) => getApproval(scopeOf(bench), bench.alice, asId<ApprovalId>(one.id))));
}

async function decide(
  bench: Workbench,
  approval: Pick<Approval, 'id' | 'digest'>,
  said: Partial<DecideApproval> & Pick<DecideApproval, 'verdict'>,
  by: UserPrincipal = bench.alice,
): Promise<boolean> {
  const done = await bench.database.api.atomic(by, async (tx) => {
    const made = await decideApproval(tx, by, asId<ApprovalId>(approval.id), {
      digest: approval.digest,
      ...(said.verdict === 'approve' ? { reason: 'It is ours.' } : {}),
      ...said,
    });
    if (made.settled) await wakeRun(tx, made.runId);
    return made;
  });
  bench.agent.signals.ready();
  bench.agent.signals.touched(done.runId);
  return done.settled;
}

async function colleague(bench: Workbench): Promise<UserPrincipal> {
  const user = await bench.database.api.atomic(bench.alice, (tx) =>
    createUser(tx, bench.alice, { name: 'Bea', role: 'approver' }),
  );
  return { ...bench.alice, userId: asId<UserId>(user.id) };
}

/** Does `act` whenever the run waits, until it has ended. */
async function untilEnded(bench: Workbench, id: RunId, act: () => Promise<void>): Promise<Run> {
  for (;;) {
    const run = await bench.rested(id);
    if (run.status !== 'waiting') return run;
    await act();
    await bench.moved(id, run.last_seq);
  }
}

const callOf = (data: unknown): string => (data as { call_id: string }).call_id;

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code;
}

test('a held call asks once, shows whose word each value is, and an approval lets just that call through', async () => {
  await withHeld(async (bench, id) => {
    const held = await pending(bench, id);
    const wanted = held.find((one) => one.card.arguments[0]?.shown.endsWith('/wanted\u2069') === true);
    assert.ok(wanted !== undefined);
    assert.equal(wanted.tool, 'web.scrape');
    assert.equal(wanted.effect, 'egress');
    assert.equal(wanted.rule, 'target_unjustified');
    assert.equal(wanted.barred, null);
    const [argument] = wanted.card.arguments;
    assert.equal(argument?.ground, 'none');
    assert.match(String(argument?.shown), /^\u2068.*\u2069$/, 'isolated in direction');
    assert.deepEqual(
      argument?.sources.map((source) => (source.kind === 'tool' ? source.tool : 'prompt')),
      ['web.scrape'],
    );
    assert.deepEqual(wanted.card.rule, { untrusted: true, private: false, leaves: false });
    assert.deepEqual(fetched, []);
    for (const one of held) await decide(bench, one, { verdict: one === wanted ? 'approve' : 'deny' });
    await bench.seen(id, ({ type }) => type === 'tool.call.approved');
    await bench.seen(id, ({ type, data }) => type === 'tool.call.completed' && callOf(data) === wanted.call_id);
    assert.deepEqual(fetched, ['/wanted']);
    const used = await getApproval(scopeOf(bench), bench.alice, asId<ApprovalId>(wanted.id));
    assert.equal(used.state, 'used');
    assert.deepEqual(
      used.decisions.map(({ verdict, reason }) => [verdict, reason]),
      [['approve', 'It is ours.']],
    );
    const { rows } = await bench.database.admin(
      `select a.action, count(*)::int as n from app.audit a where a.action like 'approval.%' group by 1 order by 1`,
    );
    const acts = Object.fromEntries(rows.map((row) => [row.action, row.n]));
    assert.ok(acts['approval.requested'] >= Number(acts['approval.denied']) + 1);
    assert.equal(acts['approval.approved'], 1);
    assert.equal(acts['approval.used'], 1);
    assert.equal((await bench.verify(id)).ok, true);
    const lines = bench.lines.filter((line) => line.includes('"approval.requested"'));
    assert.ok(lines.length >= held.length && lines[0]?.includes('"count":1') === true, 'counted and logged');
    assert.ok(bench.lines.every((line) => !line.includes('/wanted')));
  });
});

test('a denial lets nothing leave, is told to the model, and the same call is not asked about again', async () => {
  await withHeld(async (bench, id) => {
    const run = await untilEnded(bench, id, async () => {
      for (const one of await pending(bench, id)) await decide(bench, one, { verdict: 'deny' });
    });
    assert.equal(run.status, 'succeeded');
    assert.deepEqual(fetched, []);
    const denied = (await bench.events(id)).filter(({ type }) => type === 'tool.call.denied');
    assert.ok(denied.some(({ actor }) => actor.kind === 'user' && actor.id === bench.alice.userId));
    const held = (await bench.events(id)).filter(({ type }) => type === 'tool.call.held');
    const digests = held.map(({ data }) => (data as { digest: string }).digest);
    assert.equal(new Set(digests).size, digests.length);
  });
});

test('a decision is for the card that was looked at, needs a reason to approve, and is given once', async () => {
  await withHeld(async (bench, id) => {
    const [one] = await pending(bench, id);
    assert.ok(one !== undefined);
    const digest = `${one.digest.startsWith('0') ? '1' : '0'}${one.digest.slice(1)}`;
    await assert.rejects(decide(bench, { ...one, digest }, { verdict: 'approve' }), refusal('card_changed'));
    const { id: approvalId } = one;
    const bare = { verdict: 'approve', digest: one.digest } as const;
    await assert.rejects(
      bench.database.api.atomic(bench.alice, (tx) => decideApproval(tx, bench.alice, asId(approvalId), bare)),
      refusal('invalid_input'),
    );
    const both = await Promise.allSettled([
      decide(bench, one, { verdict: 'approve' }),
      decide(bench, one, { verdict: 'deny' }),
    ]);
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1, 'two at once: one is heard');
    await assert.rejects(decide(bench, one, { verdict: 'deny' }), refusal('already_decided'));
  });
});

test('who started the run may not approve it where the policy says so, and may deny it', async () => {
  const strict = (bench: Workbench) =>
    bench.database.api.atomic(bench.alice, async (tx) => {
      await putPolicy(tx, bench.alice, { starter_may_approve: false, seats: 1, expires_in: 3_600 });
    });
  await withHeld(async (bench, id) => {
    const [first, second] = await pending(bench, id);
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(first.barred, 'starter_may_not');
    await assert.rejects(decide(bench, first, { verdict: 'approve' }), refusal('starter_may_not'));
    await bench.database.api.atomic(bench.alice, (tx) =>
      putPolicy(tx, bench.alice, { starter_may_approve: true, seats: 1, expires_in: 3_600 }),
    );
    await assert.rejects(
      decide(bench, first, { verdict: 'approve' }),
      refusal('starter_may_not'),
      'what waits is bound',
    );
    assert.equal(await decide(bench, first, { verdict: 'approve' }, await colleague(bench)), true);
    assert.equal(await decide(bench, second, { verdict: 'deny' }), true);
  }, strict);
});

test('four eyes: one seat is not enough, nobody takes two, and one denial is', async () => {
  const careful = (bench: Workbench) =>
    bench.database.api.atomic(bench.alice, async (tx) => {
      await putPolicy(tx, bench.alice, { starter_may_approve: true, seats: 2, expires_in: 3_600 });
    });
  await withHeld(async (bench, id) => {
    const held = await pending(bench, id);
    const [first, second] = held;
    assert.ok(first !== undefined && second !== undefined);
    const bea = await colleague(bench);
    assert.equal(await decide(bench, first, { verdict: 'approve' }), false);
    await assert.rejects(decide(bench, first, { verdict: 'approve' }), refusal('already_decided'));
    const half = await getApproval(scopeOf(bench), bench.alice, asId<ApprovalId>(first.id));
    assert.deepEqual([half.state, half.approvals, half.barred], ['pending', 1, 'seat_taken']);
    assert.deepEqual(fetched, []);
    assert.equal(await decide(bench, first, { verdict: 'approve' }, bea), true);
    const approved = await bench.seen(id, ({ type }) => type === 'tool.call.approved');
    assert.deepEqual((approved.data as { decided_by: string[] }).decided_by, [bench.alice.userId, bea.userId]);
    assert.equal(await decide(bench, second, { verdict: 'approve' }), false);
    assert.equal(await decide(bench, second, { verdict: 'deny' }, bea), true);
  }, careful);
});

test('silence denies: what nobody decided in time is refused, and the run goes on', async () => {
  await withHeld(async (bench, id) => {
    await bench.database.admin("update app.approvals set expires_at = clock_timestamp() - interval '1 second'");
    const [one] = await listApprovals(scopeOf(bench), bench.alice, { runId: id, limit: 1 });
    assert.equal(one?.state, 'expired', 'from the moment itself');
    await untilEnded(bench, id, async () => {
      await bench.database.admin(
        "update app.approvals set expires_at = clock_timestamp() - interval '1 second' where state = 'pending'",
      );
    });
    assert.deepEqual(fetched, []);
    const events = await bench.events(id);
    assert.ok(events.some(({ type }) => type === 'tool.call.expired'));
    assert.equal((await bench.verify(id)).ok, true);
  });
});

test('an approval that grew old, or whose stored digest or state was changed, is not used', async () => {
  const tampered: readonly (readonly [string, string])[] = [
    ["update app.approvals set use_before = clock_timestamp() - interval '1 second'", 'approval_expired'],
    ["update app.approvals set digest = sha256('another call')", 'approval_void'],
    ["update app.approvals set state = 'used'", 'approval_void'],
  ];
  for (const [statement, reason] of tampered)
    await withHeld(async (bench, id) => {
      const held = await pending(bench, id);
      // Nobody takes the run up between the decision and the change.
      await bench.stop();
      for (const one of held) await decide(bench, one, { verdict: 'approve' });
      await bench.database.admin(statement);
      bench.start();
      bench.agent.signals.ready();
      await bench.seen(
        id,
        ({ type, data }) => type === 'tool.call.denied' && (data as { reason: string }).reason === reason,
      );
      assert.deepEqual(fetched, [], statement);
    });
});

test('when a run is cancelled, what it waited for is void', async () => {
  await withHeld(async (bench, id) => {
    const [one] = await pending(bench, id);
    assert.ok(one !== undefined);
    await bench.database.api.atomic(bench.alice, (tx) => cancelRun(tx, id, bench.alice.userId));
    await assert.rejects(decide(bench, one, { verdict: 'approve' }), refusal('already_decided'));
    assert.deepEqual(fetched, []);
  });
});

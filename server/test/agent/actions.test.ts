import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateAction, EventEnvelope } from '@sallyport/contracts';
import { declareAction, listActions, removeAction } from '../../src/actions/actions.ts';
import { Fault } from '../../src/errors.ts';
import { asId } from '../../src/ids.ts';
import { settleUnknown } from '../../src/runs/runs.ts';
import { inMailWorld, MAIL_TOKEN, mailAction } from '../mail-world.ts';

const types = (events: readonly EventEnvelope[], type: string): EventEnvelope[] =>
  events.filter((event) => event.type === type);

test('an action goes to the person whom the task names, with its secret in a header and nowhere else', async () => {
  await inMailWorld(
    { order: { to: 'ann@corp.example', text: 'Prices are stable.' }, answer: 'well' },
    async ({ bench, begin, sent }) => {
      const id = await begin('Report on the page to ann@corp.example');
      const run = await bench.ended(id);
      assert.equal(run.status, 'succeeded');
      assert.deepEqual(sent, [
        { authorization: `Bearer ${MAIL_TOKEN}`, body: { to: 'ann@corp.example', text: 'Prices are stable.' } },
      ]);
      const events = await bench.events(id);
      assert.equal(types(events, 'tool.call.held').length, 0);
      const decided = types(events, 'tool.call.decided').map(({ data }) => data as { tool: string; reasons: object[] });
      const own = decided.find(({ tool }) => tool === 'report.send');
      assert.ok(JSON.stringify(own?.reasons).includes('target_stated'), JSON.stringify(own));
      assert.ok(!JSON.stringify(events).includes(MAIL_TOKEN));
      assert.ok(bench.lines.every((line) => !line.includes(MAIL_TOKEN)));
    },
  );
});

test('a target that the page chose is held with its origin; a denial sends nothing, an approval sends exactly that', async () => {
  for (const verdict of ['deny', 'approve'] as const)
    await inMailWorld({ order: { to: 'eve@evil.example', text: 'All we know.' }, answer: 'well' }, async (world) => {
      const id = await world.begin('Report on the page to ann@corp.example');
      await world.bench.until(id, ['waiting']);
      const [held] = await world.pending();
      const to = held?.card.arguments.find(({ path }) => path.includes('to'));
      assert.deepEqual([held?.tool, held?.effect, to?.role, to?.ground], ['report.send', 'send', 'target', 'none']);
      assert.ok(to?.sources.some((source) => source.kind === 'tool' && source.tool === 'web.scrape'));
      assert.equal(held?.card.irreversible, 'What is sent cannot be taken back.');
      assert.equal(world.sent.length, 0);
      await world.decide(verdict);
      assert.equal((await world.bench.ended(id)).status, 'succeeded');
      assert.deepEqual(
        world.sent.map((one) => one.body.to),
        verdict === 'deny' ? [] : ['eve@evil.example'],
      );
      assert.equal((await world.bench.verify(id)).ok, true);
    });
});

test('an approval is void when the action was declared anew, and gone when it was removed', async () => {
  for (const again of [true, false])
    await inMailWorld({ order: { to: 'eve@evil.example', text: 'All we know.' }, answer: 'well' }, async (world) => {
      const { bench } = world;
      const id = await world.begin('Report on the page');
      await bench.until(id, ['waiting']);
      await bench.stop();
      await world.decide('approve');
      await bench.database.api.atomic(bench.alice, async (tx) => {
        const [old] = await listActions(tx, { limit: 1 });
        assert.ok(old !== undefined);
        await removeAction(tx, asId(old.id));
        if (again) await declareAction(tx, bench.alice, { ...old.declaration, url: `${world.site.url}/other` });
      });
      bench.start();
      bench.agent.signals.ready();
      const reason = again ? 'approval_void' : 'unknown_tool';
      await bench.seen(
        id,
        ({ type, data }) => type === 'tool.call.denied' && (data as { reason: string }).reason === reason,
      );
      assert.equal(world.sent.length, 0);
    });
});

test('a call whose answer was lost is unknown: it is not repeated, and a person says what became of it', async () => {
  for (const [answer, reason, outcome] of [
    ['breaks', 'no_answer', 'did_not_happen'],
    ['fails', 'status_503', 'happened'],
    ['fails', 'status_503', 'unknown'],
  ] as const)
    await inMailWorld(
      { order: { to: 'ann@corp.example', text: 'Prices.' }, answer },
      async ({ bench, begin, sent }) => {
        const id = await begin('Report on the page to ann@corp.example');
        await bench.until(id, ['waiting']);
        const unknown = await bench.seen(id, ({ type }) => type === 'effect.unknown');
        const { effect_key: key, reason: why } = unknown.data as { effect_key: string; reason: string };
        assert.equal(why, reason);
        const said = { by: bench.alice.userId, outcome, note: 'Looked into the mail service.' } as const;
        const settle = () => bench.database.api.atomic(bench.alice, (tx) => settleUnknown(tx, id, key, said));
        const effect = await settle();
        const states = { did_not_happen: 'failed', happened: 'done', unknown: 'unknown' };
        assert.equal(effect.state, states[outcome]);
        bench.agent.signals.ready();
        if (outcome !== 'unknown')
          await assert.rejects(settle, (error) => error instanceof Fault && error.code === 'already_decided');
        assert.equal((await bench.ended(id)).status, 'succeeded');
        assert.equal(sent.length, 1, 'nothing is done again by itself');
        const { rows } = await bench.database.admin(
          "select count(*)::int as n from app.audit a where a.action = 'effect.resolved'",
        );
        assert.equal(rows[0]?.n, 1);
      },
    );
});

test('a call that its worker lost is unknown to the next one, which does not begin it again', async () => {
  await inMailWorld(
    { order: { to: 'ann@corp.example', text: 'Prices.' }, answer: 'well' },
    async ({ bench, begin, sent }) => {
      const id = await begin('Report on the page to ann@corp.example');
      await bench.ended(id);
      assert.equal(sent.length, 1);
      await bench.stop();
      // As if the worker had been killed after the claim: everything behind `tool.call.started` was not committed.
      const events = await bench.events(id);
      const begun = events.find(
        ({ type, data }) => type === 'tool.call.started' && (data as { tool: string }).tool === 'report.send',
      );
      await bench.database.admin('delete from app.events where run_id = $1 and seq > $2', [id, begun?.seq]);
      await bench.database.admin(
        `update app.runs r set status = 'queued', worker = null, ended_at = null, result = null, last_seq = e.seq, head = e.hash
       from app.events e where e.run_id = r.id and e.seq = $2 and r.id = $1`,
        [id, begun?.seq],
      );
      await bench.database.admin(
        "update app.effects set state = 'claimed', settled_at = null where run_id = $1 and tool = 'report.send'",
        [id],
      );
      bench.start();
      bench.agent.signals.ready();
      await bench.until(id, ['waiting']);
      assert.equal(sent.length, 1);
      const key = 'call:call_2_1';
      const unknown = await bench.seen(id, ({ type }) => type === 'effect.unknown');
      assert.equal((unknown.data as { reason: string }).reason, 'worker_lost');
      const said = { by: bench.alice.userId, outcome: 'happened', note: 'It is in the outbox.' } as const;
      const { effect_key: own } = unknown.data as { effect_key: string };
      assert.match(own, /^call:call_\d+_\d+$/, key);
      const settle = () => bench.database.api.atomic(bench.alice, (tx) => settleUnknown(tx, id, own, said));
      await assert.rejects(settle, (error) => error instanceof Fault && error.code === 'too_early');
      await bench.database.admin(
        "update app.effects set settle_after = clock_timestamp() - interval '1 second' where settle_after is not null",
      );
      await settle();
      bench.agent.signals.ready();
      await bench.ended(id);
      assert.equal(sent.length, 1);
    },
  );
});

test('a declaration is checked whole before it is kept', async () => {
  await inMailWorld({ order: {}, answer: 'well' }, async ({ bench }) => {
    const good: CreateAction = { ...mailAction(9), name: 'x.y' };
    const to = { role: 'target', type: 'string', in: 'path' } as const;
    const bad: readonly (readonly [Partial<CreateAction>, string])[] = [
      [{ url: 'https://{to}.example.com/x', arguments: { to } }, '/url'],
      [{ url: 'https://a.example.com/x{to}', arguments: { to } }, '/url'],
      [{ url: 'https://a.example.com/x?to={to}', arguments: { to } }, '/url'],
      [{ url: 'https://a.example.com/{to}/{to}', arguments: { to } }, '/url'],
      [{ url: 'https://a.example.com/{other}', arguments: { to } }, '/arguments/other'],
      [{ url: 'https://a.example.com/x', arguments: { to } }, '/arguments/to'],
      [{ method: 'GET' }, '/arguments/to/in'],
      [{ name: 'web.scrape' }, '/name'],
      [{ secret_headers: { Host: { secret: 'mail' } } }, '/secret_headers/Host'],
      [{ secret_headers: { Cookie: { secret: 'mail' } } }, '/secret_headers/Cookie'],
    ];
    for (const [change, path] of bad)
      await assert.rejects(
        bench.database.api.atomic(bench.alice, (tx) => declareAction(tx, bench.alice, { ...good, ...change })),
        (error) => error instanceof Fault && error.options.fields?.some((field) => field.path === path) === true,
        JSON.stringify(change),
      );
    await bench.database.api.atomic(bench.alice, (tx) => declareAction(tx, bench.alice, good));
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGateway, FlowError, findBrokenEntry, type Session, type TraceEntry } from '../src/flow.ts';
import { HONEST, NOW } from './honest-scenarios.ts';
import { HOSTILE } from './hostile-scenarios.ts';
import { play } from './obedient-model.ts';
import { mail } from './worlds.ts';

test('replaying the trace of an attack gives the same decisions (R32)', async () => {
  let decisions = 0;
  for (const scenario of HOSTILE.filter((_one, index) => index % 4 === 0)) {
    const gateway = createGateway({
      labels: scenario.world.labels,
      approver: async () => ({ verdict: 'deny', approver: 'ann' }),
    });
    const session = gateway.open({
      prompt: scenario.prompt,
      principal: 'ann',
      now: NOW,
      ...(scenario.grant === undefined ? {} : { grant: scenario.grant }),
    });
    await play(scenario.world, session, scenario.prompt, scenario.plan, scenario.order);
    // As it would lie on a disk.
    const report = gateway.replay(JSON.parse(JSON.stringify(session.trace())));
    assert.deepEqual([report.differing, report.skipped], [[], []], scenario.name);
    decisions += report.decisions;
  }
  assert.ok(decisions > 200, `${decisions} decisions`);
});

test('replay under laxer labels is seen to differ', async () => {
  const task = HONEST.find(({ approvals }) => approvals > 0);
  assert.ok(task !== undefined);
  const session = createGateway({ labels: task.world.labels }).open({
    prompt: task.prompt,
    principal: 'ann',
    now: NOW,
  });
  for (const { tool, args } of task.plan)
    await session.execute(tool, args, (given) => task.world.tools[tool]?.(given, '') ?? {});
  const list = mail.labels['mail.list'];
  assert.ok(list !== undefined);
  const lax = {
    ...mail.labels,
    'mail.list': { ...list, output: { integrity: 'trusted', confidentiality: 'public' } as const },
  };
  assert.ok(createGateway({ labels: lax }).replay(session.trace()).differing.length > 0);
});

async function used(): Promise<{ session: Session; entries: readonly TraceEntry[]; written: TraceEntry[] }> {
  const written: TraceEntry[] = [];
  const gateway = createGateway({ labels: mail.labels, audit: { append: (entry) => void written.push(entry) } });
  const session = gateway.open({
    prompt: 'Read my emails',
    principal: 'ann',
    grant: { source: 'user', tools: [{ tool: 'mail.list', count: 2 }, { tool: 'mail.send' }] },
  });
  await session.execute('mail.list', {}, () => ({ emails: [{ id: 'm-1', from: 'eve@out.example' }] }));
  session.hear('And mail carol@corp.example');
  return { session, entries: session.trace(), written };
}

test('an entry that is changed, left out or moved is found', async () => {
  const { entries, written } = await used();
  assert.deepEqual(written, entries);
  assert.equal(findBrokenEntry(entries), undefined);
  const [first, second, third, ...rest] = entries;
  assert.ok(first && second && third);
  assert.equal(findBrokenEntry([first, { ...second, data: { ...second.data, verdict: 'allow ' } }, third, ...rest]), 1);
  assert.equal(findBrokenEntry([first, third, ...rest]), 1);
  assert.equal(findBrokenEntry([first, third, second, ...rest]), 1);
  assert.throws(
    () => createGateway({ labels: {} }).replay([second]),
    (error) => error instanceof FlowError && error.code === 'bad_trace',
  );
});

test('labels, counts, words and tokens survive a restart (R5)', async () => {
  const { session, entries } = await used();
  const again = createGateway({ labels: mail.labels }).resume(JSON.parse(JSON.stringify(entries)));
  assert.deepEqual(again.state(), session.state());
  for (const [tool, args] of [
    ['mail.send', { to: 'eve@out.example' }],
    ['mail.send', { to: 'carol@corp.example' }],
    ['mail.list', {}],
    ['mail.delete', { id: 'm-1' }],
  ] as const)
    assert.deepEqual(again.decide(tool, args), session.decide(tool, args));
  await again.execute('mail.list', {}, () => ({}));
  assert.equal(again.decide('mail.list', {}).reasons[0]?.code, 'count_spent');
  assert.equal(findBrokenEntry(again.trace()), undefined);
});

test('a secret stands in no trace, and its call is not judged again', async () => {
  const labels = {
    call: {
      effect: 'send',
      args: { to: 'target', key: { role: 'content', secret: true } },
      output: { integrity: 'trusted', confidentiality: 'public' },
    },
  } as const;
  const gateway = createGateway({ labels });
  const session = gateway.open({
    prompt: 'call bob',
    principal: 'ann',
    grant: { source: 'user', tools: [{ tool: 'call' }] },
  });
  await session.execute('call', { to: 'bob', key: 'hunter22' }, () => 'ok');
  assert.ok(!JSON.stringify(session.trace()).includes('hunter22'));
  assert.deepEqual(gateway.replay(session.trace()).skipped.length, 1);
});

// The grant of a run is what skill, tenant and person have in common: attacked from both sides, and with the approval of the skill forged.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseLists } from '../../src/egress/egress.ts';
import { narrowHosts } from '../../src/grants/grants.ts';
import { createRun } from '../../src/runs/runs.ts';
import { uploadSkill } from '../../src/skills/skills.ts';
import { skillText } from '../skill-folder.ts';
import { openWorkbench, type Workbench } from '../workbench.ts';

const own = (profile: 'open' | 'internal', allow: string[], deny: string[]) => [
  { whose: 'the tenant', lists: parseLists({ profile, allow, deny }) },
];

const CASES: readonly (readonly [asked: string, lists: ReturnType<typeof own>, left: readonly string[]])[] = [
  ['api.example.com:443', own('open', [], []), ['api.example.com:443']],
  ['api.example.com:443', own('open', [], ['api.example.com']), []],
  ['api.example.com:443', own('open', [], ['*.example.com']), []],
  ['api.example.com:443', own('open', [], ['api.example.com:8443']), ['api.example.com:443']],
  ['api.example.com:443', own('internal', [], []), []],
  ['api.example.com:443', own('internal', ['*.example.com'], []), ['api.example.com:443']],
  ['api.example.com:443', own('internal', ['api.example.com:80'], []), []],
  [
    '*.example.com:443',
    own('internal', ['api.example.com', 'b.example.com:443', 'c.other.com'], []),
    ['api.example.com:443', 'b.example.com:443'],
  ],
  ['*.example.com:443', own('internal', ['example.com'], []), []],
  ['*.example.com:443', own('internal', ['*.com'], []), ['*.example.com:443']],
  ['*.example.com:443', own('open', [], ['*.example.com']), []],
];

for (const [asked, lists, left] of CASES)
  test(`${asked} under ${JSON.stringify(lists[0]?.lists.allow.map(({ text }) => text))} without ${JSON.stringify(lists[0]?.lists.deny.map(({ text }) => text))} is ${left.join(' ') || 'nothing'}`, () => {
    assert.deepEqual(narrowHosts([asked], lists)[0]?.hosts, left);
  });

let bench: Workbench;
before(async () => {
  bench = await openWorkbench();
  bench.start();
});
after(() => bench.close());

/** A run of a version of the tenant, made past the plan: the outer door of R37 is not asked. */
async function forge(name: string, approvedBy?: string): Promise<string> {
  const { database, alice, agent } = bench;
  const files = [{ path: 'SKILL.md', bytes: Buffer.from(skillText({ name })) }];
  await database.api.atomic(alice, (tx) => uploadSkill(tx, alice, agent.skills, { name, files }));
  if (approvedBy !== undefined)
    await database.admin(
      "update app.skills set state = 'approved', approved_by = $2, approved_at = now() where name = $1",
      [name, approvedBy],
    );
  const { rows } = await database.admin("select encode(digest, 'hex') as digest from app.skills where name = $1", [
    name,
  ]);
  const id = await database.api.atomic(alice, (tx) =>
    createRun(tx, alice, {
      skill: { name, version: '1.0.0', digest: String(rows[0]?.digest) },
      model: 'rehearsal',
      task: 'Go.',
      input: {},
      grant: { tools: [], hosts: [], urls: [], artifacts: [], entityTypes: [] },
      budget: { tokens: 1000, cost: '1.00', seconds: 60, calls: 10 },
    }),
  );
  agent.signals.ready();
  const run = await bench.ended(id);
  return run.error_code ?? run.status;
}

test('a worker takes no body that nobody approved, however its run was made; with an approval it does', async () => {
  assert.equal(await forge('nobodys'), 'skill_changed');
  assert.equal(await forge('somebodys', bench.alice.userId), 'succeeded');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APPROVER_ROLES, type ApprovalPolicy, type ApprovalRule } from '@sallyport/contracts';
import fc from 'fast-check';
import { askedBy, type CallInQuestion, fits, isLaxer, termsFor, USUAL } from '../../src/approvals/policy-terms.ts';

const EFFECTS = ['read', 'egress', 'write', 'send', 'pay', 'destroy', 'credential'] as const;
const call = (tool: string, effect: string, args: object = {}): CallInQuestion => ({ tool, effect, args: { ...args } });

test('a rule fits the calls that fit everything it says, and an amount that cannot be read is not a small one', () => {
  const amount = { argument: 'amount', at_least: '100' };
  const table: readonly (readonly [ApprovalRule['when'], CallInQuestion, boolean])[] = [
    [{}, call('a.b', 'read'), true],
    [{ effects: ['pay'] }, call('a.b', 'pay'), true],
    [{ effects: ['pay'] }, call('a.b', 'send'), false],
    [{ tools: ['a.b'] }, call('a.b', 'pay'), true],
    [{ tools: ['a.b'] }, call('a.bc', 'pay'), false],
    [{ tools: ['a.*'] }, call('a.b', 'pay'), true],
    [{ tools: ['a.*'] }, call('ab.c', 'pay'), false],
    [{ tools: ['mcp.x.*'] }, call('mcp.xy.z', 'pay'), false],
    [{ effects: ['pay'], tools: ['a.b'] }, call('a.b', 'send'), false],
    [{ amount }, call('a.b', 'pay', { amount: '99.99' }), false],
    [{ amount }, call('a.b', 'pay', { amount: '100.00' }), true],
    [{ amount }, call('a.b', 'pay', { amount: 99.9 }), false],
    [{ amount }, call('a.b', 'pay', { amount: 100 }), true],
    [{ amount }, call('a.b', 'pay', {}), true],
    [{ amount }, call('a.b', 'pay', { amount: '1e9' }), true],
    [{ amount }, call('a.b', 'pay', { amount: '-5' }), true],
    [{ amount }, call('a.b', 'pay', { amount: ' 5' }), true],
    [{ amount }, call('a.b', 'pay', { amount: '٥' }), true],
    [{ amount }, call('a.b', 'pay', { amount: 1e21 }), true],
    [{ amount }, call('a.b', 'pay', { amount: Number.NaN }), true],
    [{ amount }, call('a.b', 'pay', { amount: ['1'] }), true],
    [{ amount }, call('a.b', 'pay', { amount: `0.${'0'.repeat(30)}` }), true],
    [{ amount: { argument: 'constructor', at_least: '1' } }, call('a.b', 'pay', {}), true],
  ];
  for (const [when, asked, expected] of table) assert.equal(fits(when, asked), expected, JSON.stringify([when, asked]));
});

test('the strictest of the policy and of every rule that fits counts, and a rule never makes anything easier', () => {
  const policy: ApprovalPolicy = {
    ...USUAL,
    seats: 2,
    expires_in: 600,
    rules: [
      { name: 'lax', when: {}, ask: false, seats: 1, expires_in: 9_000, starter_may_approve: true },
      { name: 'pay', when: { effects: ['pay'] }, ask: true, roles: ['owner', 'admin'], starter_may_approve: false },
      { name: 'much', when: { effects: ['pay'] }, ask: false, roles: ['owner', 'approver'], expires_in: 60 },
    ],
  };
  const { rules: _rules, ...base } = policy;
  assert.deepEqual({ ...termsFor(policy, call('a.b', 'send')), rules: undefined }, { ...base, rules: undefined });
  const pay = termsFor(policy, call('a.b', 'pay'));
  assert.deepEqual(
    [pay.seats, pay.expires_in, pay.starter_may_approve, pay.roles],
    [2, 60, false, ['owner']],
    'and roles meet',
  );
  assert.equal(askedBy(policy, call('a.b', 'pay'))?.name, 'pay');
  assert.equal(askedBy(policy, call('a.b', 'send')), undefined);
});

test('what makes anything easier is laxer, and what only moves or adds is not', () => {
  const rule: ApprovalRule = { name: 'r', when: { effects: ['pay'], tools: ['a.b'] }, ask: true, seats: 2 };
  const policy: ApprovalPolicy = { ...USUAL, rules: [rule] };
  const laxer: readonly ApprovalPolicy[] = [
    { ...policy, rules: [] },
    { ...policy, expires_in: 90_000 },
    { ...policy, rules: [{ ...rule, ask: false }] },
    { ...policy, rules: [{ ...rule, seats: 1 }] },
    { ...policy, rules: [{ ...rule, when: { ...rule.when, tools: ['a.c'] } }] },
    { ...policy, rules: [{ ...rule, when: { ...rule.when, amount: { argument: 'n', at_least: '1' } } }] },
  ];
  for (const after of laxer) assert.equal(isLaxer(after, policy), true, JSON.stringify(after));
  const not: readonly ApprovalPolicy[] = [
    policy,
    { ...policy, rules: [{ ...rule, name: 'other' }] },
    { ...policy, rules: [{ ...rule, when: { tools: ['a.*'] } }, rule] },
    { ...policy, rules: [{ ...rule, when: {} }] },
    { ...policy, starter_may_approve: false, seats: 2, expires_in: 60, roles: ['owner'] },
  ];
  for (const after of not) assert.equal(isLaxer(after, policy), false, JSON.stringify(after));
  const strict: ApprovalPolicy = { ...USUAL, starter_may_approve: false, seats: 2, roles: ['owner'], barred: ['x'] };
  for (const change of [
    { starter_may_approve: true },
    { seats: 1 },
    { roles: ['owner', 'admin'] as const },
    { barred: [] },
  ])
    assert.equal(isLaxer({ ...strict, ...change }, strict), true, JSON.stringify(change));
  const soft: ApprovalPolicy = { ...USUAL, rules: [{ name: 'r', when: {}, ask: false, seats: 2 }] };
  assert.equal(isLaxer({ ...USUAL, seats: 2 }, soft), false, 'the policy itself takes the place of a rule');
});

const terms = {
  starter_may_approve: fc.boolean(),
  seats: fc.integer({ min: 1, max: 2 }),
  expires_in: fc.constantFrom(60, 600, 6_000),
  roles: fc.subarray([...APPROVER_ROLES], { minLength: 1 }),
  barred: fc.subarray(['p', 'q']),
};
const TOOLS = ['a.b', 'a.c', 'b.c'];
const rules = fc.array(
  fc.record(
    {
      name: fc.constant('r'),
      ask: fc.boolean(),
      when: fc.record(
        {
          effects: fc.subarray([...EFFECTS].slice(3, 6), { minLength: 1 }),
          tools: fc.subarray([...TOOLS, 'a.*', 'b.*'], { minLength: 1 }),
          amount: fc.record({ argument: fc.constantFrom('n', 'm'), at_least: fc.constantFrom('0', '5', '10.5') }),
        },
        { requiredKeys: [] },
      ),
      ...terms,
    },
    { requiredKeys: ['name', 'ask', 'when'] },
  ),
  { maxLength: 3 },
);
const policies = fc.record({ ...terms, rules }) as fc.Arbitrary<ApprovalPolicy>;
const calls = fc.record({
  tool: fc.constantFrom(...TOOLS),
  effect: fc.constantFrom(...EFFECTS.slice(2, 6)),
  args: fc.record({ n: fc.constantFrom('1', 5, '10.5', 'x'), m: fc.constantFrom(0, '7') }, { requiredKeys: [] }),
}) as fc.Arbitrary<CallInQuestion>;

test('whatever is not seen as laxer is at least as strict for every call', () => {
  let strict = 0;
  const compare = (before: ApprovalPolicy, after: ApprovalPolicy, asked: CallInQuestion): void => {
    if (isLaxer(after, before)) return;
    strict++;
    const [old, now] = [termsFor(before, asked), termsFor(after, asked)];
    assert.ok(now.seats >= old.seats && now.expires_in <= old.expires_in);
    assert.ok(old.starter_may_approve || !now.starter_may_approve);
    assert.ok(now.roles.every((role) => old.roles.includes(role)));
    assert.ok(old.barred.every((user) => now.barred.includes(user)));
    assert.ok(askedBy(before, asked) === undefined || askedBy(after, asked) !== undefined);
  };
  fc.assert(fc.property(policies, policies, calls, compare), { numRuns: 5_000 });
  // Policies that grow out of one another, since two drawn apart are seldom comparable.
  const grown = fc.record({ before: policies, more: rules, change: fc.record(terms, { requiredKeys: [] }), calls });
  fc.assert(
    fc.property(grown, ({ before, more, change, calls: asked }) =>
      compare(before, { ...before, ...change, rules: [...before.rules, ...(more as ApprovalRule[])] }, asked),
    ),
    { numRuns: 5_000 },
  );
  assert.ok(strict > 600, `${strict} pairs were comparable`);
});

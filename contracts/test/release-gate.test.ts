import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRelease } from '../src/release-gate.ts';
import { type ContractSet, digestOf, presentContracts, releasedContracts } from '../src/released.ts';

test('what was released stands word for word', async () => {
  const verdict = judgeRelease(await releasedContracts(), presentContracts());
  assert.deepEqual(verdict, { ok: true, added: [] }, 'run: npm run contracts');
});

test('every edit in place is turned away by its name, and so is every removal', async () => {
  const released = await releasedContracts();
  const present = presentContracts();
  for (const name of Object.keys(present)) {
    const edited: ContractSet = { ...present, [name]: { ...present[name], description: 'changed' } };
    assert.deepEqual(judgeRelease(released, edited), { ok: false, changed: [name], missing: [] });
    const { [name]: _gone, ...rest } = present;
    assert.deepEqual(judgeRelease(released, rest), { ok: false, changed: [], missing: [name] });
  }
});

test('a new name is welcome, and the order of keys is no change', async () => {
  const released = await releasedContracts();
  const present = presentContracts();
  const more = judgeRelease(released, { ...present, 'event run.dreamt@1': {} });
  assert.deepEqual(more, { ok: true, added: ['event run.dreamt@1'] });
  assert.equal(digestOf({ a: 1, b: { c: 2, d: 3 } }), digestOf({ b: { d: 3, c: 2 }, a: 1 }));
});

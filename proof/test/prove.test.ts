// The whole threat model as tests: each attack in each setting; and nothing that ships can remove a door.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SETTINGS as CONFIGURED } from '../../server/src/settings.ts';
import { mustSucceed, nameOf, SETTINGS } from '../attack.ts';
import { ATTACKS } from '../threats.ts';

for (const attack of ATTACKS)
  for (const setting of SETTINGS)
    test(`${attack.threat}: ${mustSucceed(setting) ? 'succeeds with' : 'fails with'} ${nameOf(setting)}`, async () => {
      const { succeeded, evidence } = await attack.run(setting);
      assert.equal(succeeded, mustSucceed(setting), evidence);
    });

test('no setting reaches a door, and nothing that ships imports the proof', async () => {
  const words = Object.values(CONFIGURED).map((setting) => JSON.stringify(setting));
  assert.ok(words.every((word) => !/door|proof/i.test(word)));
  for (const folder of ['server/src', 'cli/src', 'client/src', 'console/src', 'libs', 'contracts/src']) {
    const root = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || entry.parentPath.includes('node_modules')) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
      assert.doesNotMatch(text, /from '[^']*\/proof\//, join(entry.parentPath, entry.name));
    }
  }
});

test('the composition of the product hands no door to any part', async () => {
  const main = await readFile(fileURLToPath(new URL('../../server/src/main.ts', import.meta.url)), 'utf8');
  assert.doesNotMatch(main, /\bdoors\b|redaction:|fields: false/);
});

test('each promise but the last, which is this one, has an attack', () => {
  const attacked = new Set(ATTACKS.map((attack) => attack.promise));
  assert.deepEqual([...attacked].sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('the ids of the attacks are their own, and each promise that an attack names is one of the nine', () => {
  assert.equal(new Set(ATTACKS.map((attack) => attack.id)).size, ATTACKS.length);
  assert.ok(ATTACKS.every((attack) => attack.promise >= 1 && attack.promise <= 9));
});

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createEgressGuard } from '@sallyport/egress';
import { examineGuard, examineNode, judgeDatabase } from '../../src/doctor/doctor.ts';
import { examine, type Finding } from '../../src/main.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { databaseUrl } from '../node.ts';

const CANARY = 'canary-5f1d0e7b';
const KEY = `${'ab'.repeat(32)}\n`;

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

function makeFolder(): string {
  const data = mkdtempSync(join(tmpdir(), 'sp-doctor-'));
  chmodSync(data, 0o700);
  mkdirSync(join(data, 'keys'), { mode: 0o700 });
  mkdirSync(join(data, 'blobs'), { mode: 0o700 });
  for (const name of ['keys/pepper-1', 'keys/master-1', 'keys/database', 'first-key', 'operator-key'])
    writeFileSync(join(data, name), name.startsWith('keys/') ? KEY : `${CANARY}\n`, { mode: 0o600 });
  return data;
}

async function examined(data: string, env: Record<string, string> = {}): Promise<readonly Finding[]> {
  const all = {
    SALLYPORT_DATA: data,
    DATABASE_URL: databaseUrl(database),
    SALLYPORT_ROLE_PREFIX: database.prefix,
    SALLYPORT_MODEL_API_KEY: CANARY,
    ...env,
  };
  const { findings } = await examine({ env: all, flags: {} });
  assert.ok(!JSON.stringify(findings).includes(CANARY), 'the report says a secret');
  for (const { state, fix, said } of findings) {
    assert.equal(fix === undefined, state === 'ok', said);
    assert.doesNotMatch(`${said}${fix ?? ''}`, /\n/, 'one line each');
  }
  return findings;
}

const of = (findings: readonly Finding[], check: string): readonly Finding[] =>
  findings.filter((finding) => finding.check === check);

test('a sound deployment has nothing in the way, and examining it leaves the folder as it was', async (t) => {
  const data = makeFolder();
  t.after(() => rmSync(data, { recursive: true }));
  const before = readdirSync(data, { recursive: true }).toSorted();
  const findings = await examined(data);
  assert.deepEqual(
    findings.map(({ check, state }) => `${check} ${state}`).filter((line) => !line.startsWith('space')),
    ['node', 'settings', 'folder', 'keys', 'blobs', 'database', 'migrations', 'clock', 'egress'].map(
      (check) => `${check} ok`,
    ),
    JSON.stringify(findings),
  );
  assert.deepEqual(readdirSync(data, { recursive: true }).toSorted(), before);
});

test('each fault of a folder is named with the command that mends it', async (t) => {
  const faults: readonly (readonly [string, (data: string) => void, RegExp, RegExp])[] = [
    ['keys', (data) => chmodSync(join(data, 'operator-key'), 0o644), /open to others/, /^chmod 600 \S+operator-key$/],
    ['keys', (data) => rmSync(join(data, 'keys/pepper-1')), /pepper-1 is missing/, /backup/],
    ['keys', (data) => writeFileSync(join(data, 'keys/pepper-1'), CANARY), /no key of 32 bytes/, /backup/],
    ['folder', (data) => chmodSync(data, 0o777), /may be written by others/, /^chmod 700/],
  ];
  for (const [check, spoil, said, fix] of faults) {
    const data = makeFolder();
    t.after(() => rmSync(data, { recursive: true, force: true }));
    spoil(data);
    const [found] = of(await examined(data), check);
    assert.equal(found?.state, 'fail', JSON.stringify(found));
    assert.match(found?.said ?? '', said);
    assert.match(found?.fix ?? '', fix);
  }
});

test('a disk past its limit, an unreachable database and a guard that lacks a door are faults', async (t) => {
  const data = makeFolder();
  t.after(() => rmSync(data, { recursive: true }));
  const [space] = of(await examined(data, { SALLYPORT_DISK_LIMIT: '1' }), 'space');
  assert.equal(space?.state, 'fail', space?.said);
  const away = `postgres://someone:${CANARY}@127.0.0.1:1/none`;
  const [unreachable] = of(await examined(data, { DATABASE_URL: away }), 'database');
  assert.deepEqual([unreachable?.state, /ECONNREFUSED/.test(unreachable?.said ?? '')], ['fail', true]);
  const guard = createEgressGuard({}, { outer: false, inner: true });
  t.after(() => guard.close());
  assert.equal((await examineGuard(guard)).state, 'fail');
});

test('every wrong setting is a finding of its own, and a folder that is not there is not made', async () => {
  const data = join(tmpdir(), 'sp-doctor-that-is-not-there');
  const { findings, config } = await examine({
    env: { SALLYPORT_DATA: data, SALLYPORT_PORT: 'x', SALLYPORT_X: '1' },
    flags: {},
  });
  assert.equal(config, undefined);
  assert.deepEqual(
    of(findings, 'settings').map((finding) => finding.fix),
    ['correct or unset SALLYPORT_PORT', 'correct or unset SALLYPORT_X'],
  );
  assert.deepEqual(
    of(await examined(data), 'folder').map((finding) => finding.state),
    ['skipped'],
  );
  assert.ok(!existsSync(data));
});

test('versions, migrations and clocks are judged by these bounds', () => {
  const sound = { version: 180_004, skewMs: 0, applied: 3, known: 3 };
  const states = (facts: Partial<typeof sound>): string =>
    judgeDatabase({ ...sound, ...facts })
      .map((one) => one.state)
      .join(' ');
  assert.equal(states({}), 'ok ok ok');
  assert.equal(states({ version: 150_000 }), 'ok ok ok');
  assert.equal(states({ version: 140_019 }), 'fail ok ok');
  assert.equal(states({ applied: 2 }), 'ok fail ok');
  assert.equal(states({ applied: 4 }), 'ok fail ok');
  assert.equal(states({ skewMs: -2_000 }), 'ok ok warn');
  assert.equal(states({ skewMs: 30_000 }), 'ok ok fail');
  assert.deepEqual([examineNode('24.0.0').state, examineNode('22.9.0').state], ['ok', 'fail']);
});

test('keys that nodes share are looked for where they are, all of them, and other secrets beside them are let be', async (t) => {
  const data = makeFolder();
  const shared = mkdtempSync(join(tmpdir(), 'sp-doctor-keys-'));
  t.after(() => {
    for (const folder of [data, shared]) rmSync(folder, { recursive: true });
  });
  for (const name of ['pepper-1', 'master-1', 'links-1', 'certificates-1'])
    writeFileSync(join(shared, name), KEY, { mode: 0o400 });
  writeFileSync(join(shared, 'database-url'), CANARY, { mode: 0o444 });
  const env = { SALLYPORT_KEY_FOLDER: shared };
  assert.deepEqual(
    of(await examined(data, env), 'keys').map(({ state }) => state),
    ['ok'],
  );
  rmSync(join(shared, 'links-1'));
  const [missing] = of(await examined(data, env), 'keys');
  assert.equal(missing?.state, 'fail');
  assert.match(missing.said, /links-1 is missing/);
});

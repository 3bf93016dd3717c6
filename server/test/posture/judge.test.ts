import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Facts, judgePosture } from '../../src/posture/posture.ts';

/** A fresh start on one machine. */
const FRESH: Facts = {
  loopback: true,
  publicHttps: false,
  ownDatabase: false,
  database: { version: '18.4', tls: false, socket: true, mighty: false, tables: 20, forced: 20 },
  blobs: 'local',
  masterKeyInSettings: false,
  metrics: false,
  logLevel: 'info',
  openedRanges: 0,
  openedWide: 0,
  model: 'rehearsal',
  skills: 3,
  skillTools: 6,
  stripe: 'off',
  stripeSecrets: false,
  diskLimit: 95,
  diskFull: false,
  eventTypes: 20,
  entityTypes: 3,
  backupAgeHours: null,
  access: { tenants: 1, withRetention: 0, idleKeys: 0 },
  issuers: 0,
  longestToken: 0,
  figures: { queued: 0, running: 0, oldestQueuedSeconds: 0, workers: 1, unsealed: 0, sealingLagSeconds: 0 },
};
const rungOf = (facts: Facts, promise: number): string | undefined =>
  judgePosture(facts).promises.find((one) => one.promise === promise)?.rung;

test('a fresh start stands at the baseline with all nine promises and no alarm', () => {
  const posture = judgePosture(FRESH);
  assert.deepEqual(
    posture.promises.map((one) => one.promise),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(posture.rung, 'baseline');
  assert.deepEqual(posture.alarms, []);
  for (const one of posture.promises) assert.notEqual(one.rung, 'below_baseline', one.title);
});

const DATABASE = FRESH.database;
const FIGURES = FRESH.figures;
const ACCESS = FRESH.access;
/** Promise, what is changed, and the rung without and with the change. */
const CHANGES: readonly (readonly [number, Partial<Facts>, string, string])[] = [
  [1, { ownDatabase: true }, 'baseline', 'production'],
  [1, { ownDatabase: true, database: { ...DATABASE, socket: false } }, 'baseline', 'baseline'],
  [1, { ownDatabase: true, database: { ...DATABASE, socket: false, tls: true } }, 'baseline', 'production'],
  [1, { database: { ...DATABASE, forced: 19 } }, 'baseline', 'below_baseline'],
  [1, { database: { ...DATABASE, mighty: true } }, 'baseline', 'below_baseline'],
  [2, { publicHttps: true }, 'baseline', 'production'],
  [2, { publicHttps: true, issuers: 1, longestToken: 900 }, 'baseline', 'high_assurance'],
  [2, { publicHttps: true, issuers: 1, longestToken: 3_600 }, 'baseline', 'production'],
  [
    2,
    { publicHttps: true, issuers: 1, longestToken: 900, access: { ...ACCESS, idleKeys: 1 } },
    'baseline',
    'production',
  ],
  [2, { loopback: false }, 'baseline', 'below_baseline'],
  [3, { metrics: true }, 'baseline', 'high_assurance'],
  [3, { metrics: true, openedRanges: 1 }, 'baseline', 'production'],
  [3, { metrics: true, logLevel: 'debug' }, 'baseline', 'baseline'],
  [3, { openedRanges: 1, openedWide: 1 }, 'baseline', 'below_baseline'],
  [4, { model: 'gullible' }, 'production', 'baseline'],
  [4, { skills: 0 }, 'production', 'below_baseline'],
  [5, { masterKeyInSettings: true }, 'baseline', 'baseline'],
  [5, { masterKeyInSettings: true, blobs: 's3' }, 'baseline', 'production'],
  [5, { masterKeyInSettings: true, blobs: 's3_plain' }, 'baseline', 'below_baseline'],
  [6, { masterKeyInSettings: true }, 'baseline', 'production'],
  [6, { diskFull: true }, 'baseline', 'below_baseline'],
  [7, { stripe: 'test', stripeSecrets: true }, 'production', 'baseline'],
  [7, { stripe: 'live' }, 'production', 'below_baseline'],
  [8, { figures: { ...FIGURES, workers: 2 } }, 'baseline', 'production'],
  [8, { eventTypes: 0 }, 'baseline', 'below_baseline'],
  [9, { metrics: true }, 'baseline', 'production'],
  [9, { figures: { ...FIGURES, sealingLagSeconds: 10 } }, 'baseline', 'below_baseline'],
];

test('each promise moves with the facts it is about', () => {
  for (const [promise, change, before, after] of CHANGES) {
    assert.equal(rungOf(FRESH, promise), before, `promise ${promise} of a fresh start`);
    assert.equal(rungOf({ ...FRESH, ...change }, promise), after, `promise ${promise} with ${JSON.stringify(change)}`);
  }
  for (const promise of [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.ok(
      CHANGES.some((row) => row[0] === promise && row[2] !== row[3]),
      `nothing moves promise ${promise}`,
    );
});

test('the sealing lag alarms at ten seconds and not before', () => {
  const alarms = (lag: number): string[] =>
    judgePosture({ ...FRESH, figures: { ...FIGURES, sealingLagSeconds: lag } }).alarms.map((one) => one.code);
  assert.deepEqual(alarms(9.9), []);
  assert.deepEqual(alarms(10), ['audit_sealing_lag']);
});

test('a backup alarms when the newest is older than a week, and not where none was ever made', () => {
  const alarms = (backupAgeHours: number | null): string[] =>
    judgePosture({ ...FRESH, backupAgeHours }).alarms.map((one) => one.code);
  assert.deepEqual([alarms(null), alarms(167), alarms(169)], [[], [], ['backup_old']]);
});

test('what is missing for the next rung is named by its setting, and the evidence changes with the facts', () => {
  const row = (facts: Facts) => judgePosture(facts).promises.find((one) => one.promise === 5);
  assert.equal(row(FRESH)?.next?.rung, 'production');
  assert.match(row(FRESH)?.next?.reach.join(' ') ?? '', /SALLYPORT_MASTER_KEY_FILE.*SALLYPORT_BLOBS/);
  const moved = row({ ...FRESH, masterKeyInSettings: true, blobs: 's3' });
  assert.match(moved?.next?.reach.join(' ') ?? '', /no setting of this release/);
  assert.notDeepEqual(moved?.evidence, row(FRESH)?.evidence);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseExport, verifyChain } from '@sallyport/chain';
import pg from 'pg';
import { findArtifact, listArtifacts, storeBlob } from '../../src/artifacts/artifacts.ts';
import { createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import { createDatabase, type Database } from '../../src/db/db.ts';
import { listEntities } from '../../src/entities/entities.ts';
import { allEvents, exportRun } from '../../src/events/events.ts';
import { openSession, verifySession } from '../../src/identity/identity.ts';
import type { ArtifactId } from '../../src/ids.ts';
import { asId } from '../../src/ids.ts';
import { createLog } from '../../src/log.ts';
import { announceExpired, eraseAnnounced } from '../../src/retention/expire-runs.ts';
import {
  listRetention,
  putRetention,
  type RetentionDeps,
  retentionChores,
  sweepOrphans,
  sweepTenant,
} from '../../src/retention/retention.ts';
import { findRun, getRun } from '../../src/runs/runs.ts';
import { keeperOf } from '../../src/worker/worker.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { gate } from '../db/parser-gate.ts';
import { checksums, type Furnished, filesThatHold, furnish, tablesThatHold } from '../purge/furnish.ts';

let database: TestDatabase;
let root: string;
let deps: RetentionDeps;
const open: Database[] = [];
before(async () => {
  database = await testDatabase({ sealing: false });
  root = await mkdtemp(join(tmpdir(), 'sallyport-retention-'));
  const ops = (enter: 'tenant' | 'purger'): Database => {
    const connect = { ...database.connect.direct, user: `${database.prefix}_ops` };
    const db = createDatabase({
      ...{ connect, enter, prefix: database.prefix, keys: database.vault },
      max: 3,
      onFault: () => undefined,
      onStatement: gate,
    });
    open.push(db);
    return db;
  };
  deps = {
    db: ops('tenant'),
    purger: ops('purger'),
    blobs: sealBlobs(createLocalBlobs({ root }), { sealing: false }),
    log: createLog({ level: 'error', write: () => undefined }),
    keeperOf,
  };
});
after(async () => {
  await Promise.all(open.map((db) => db.close()));
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

async function fresh(word: string): Promise<Furnished> {
  const made = await furnish(database, deps.blobs, word);
  await database.admin('delete from app.erasures where tenant_id = $1', [made.tenantId]);
  return made;
}

/** As if everything of the tenant had been made that many days earlier. */
async function age(tenantId: string, days: number): Promise<void> {
  const back = `make_interval(days => ${days})`;
  for (const text of [
    `update app.artifacts set created_at = created_at - ${back} where tenant_id = $1`,
    `update app.entities set created_at = created_at - ${back} where tenant_id = $1`,
    `update app.runs set ended_at = ended_at - ${back} where tenant_id = $1`,
    `update app.idempotency set created_at = created_at - ${back} where tenant_id = $1`,
    `update app.artifact_links set created_at = created_at - ${back}, expires_at = expires_at - ${back} where tenant_id = $1`,
    `update app.api_keys set created_at = created_at - ${back}, expires_at = expires_at - ${back} where tenant_id = $1`,
    `update app.sessions set created_at = created_at - ${back}, expires_at = expires_at - ${back} where tenant_id = $1`,
  ])
    await database.admin(text, [tenantId]);
}

test('what has expired is unreadable at once, before any sweep, and a longer policy reads it again', async () => {
  const one = await fresh('read');
  const scope = database.api.tenant(one.alice);
  const kinds = async (): Promise<string[]> =>
    (await listArtifacts(scope, { limit: 20 })).map((artifact) => artifact.data_class).sort();
  await database.api.atomic(one.alice, (tx) => putRetention(tx, { page: 30 }));
  assert.deepEqual(await kinds(), ['artifact', 'page', 'upload']);
  await age(one.tenantId, 31);
  assert.deepEqual(await kinds(), ['artifact', 'upload']);
  await age(one.tenantId, 60);
  assert.deepEqual(await kinds(), ['artifact']);
  assert.equal((await listEntities(scope, { limit: 20 })).length, 1);
  await age(one.tenantId, 300);
  assert.deepEqual(await kinds(), []);
  assert.equal((await listEntities(scope, { limit: 20 })).length, 0);
  const run = await getRun(scope, one.ended);
  assert.deepEqual([run.content_state, run.task, run.input, run.result], ['expired', '', {}, null]);
  const events = await Array.fromAsync(allEvents(scope, one.ended));
  assert.ok(events.length > 3 && events.every((event) => event.data === null && event.data_state === 'expired'));
  const { rows } = await database.admin('select id::text as id from app.artifacts where tenant_id = $1', [
    one.tenantId,
  ]);
  assert.equal(rows.length, 4, 'nothing was swept yet');
  for (const row of rows) assert.equal(await findArtifact(scope, asId<ArtifactId>(String(row.id))), undefined);
  await database.api.atomic(one.alice, (tx) => putRetention(tx, { run: 3650, page: 3650, entity: 3650 }));
  assert.deepEqual(await kinds(), ['page']);
  assert.equal((await getRun(scope, one.ended)).content_state, 'present');
});

test('a sweep takes away what has expired of one tenant and nothing of another, and the chain of a run still verifies', async () => {
  const [old, young] = [await fresh('old'), await fresh('young')];
  const before = await checksums(database, young.tenantId);
  await age(old.tenantId, 3_651);
  // A budget, lists, a secret and the names of people are not data of a class: the tenant deletes them, or is deleted.
  const swept = await sweepTenant(deps, old.tenantId);
  assert.deepEqual(swept, {
    run: 1,
    page: 1,
    artifact: 1,
    upload: 1,
    rendering: 1,
    entity: 1,
    session: 1,
    // It went with its artifact.
    link: 0,
    key: 1,
    idempotency: 1,
  });
  assert.deepEqual(await filesThatHold(root, old.mark), []);
  assert.deepEqual(await tablesThatHold(database, old.mark), [
    'app.budgets',
    'app.egress_policies',
    'app.entity_types',
    'app.secrets',
    'app.skills',
    'app.tenants',
    'app.token_denials',
    'app.users',
  ]);
  const scope = database.api.tenant(old.alice);
  const record = await findRun(scope, old.ended);
  assert.ok(record !== undefined);
  const verdict = await verifyChain(await parseExport(exportRun(scope, record)));
  assert.ok(verdict.ok, JSON.stringify(verdict));
  assert.equal(verdict.payloadsRemoved, verdict.count - 1);
  const last = (await Array.fromAsync(allEvents(scope, old.ended))).at(-1);
  assert.equal(last?.type, 'event.payload_removed');
  assert.deepEqual(last?.data, { first_seq: 0, last_seq: verdict.count - 2, reason: 'expired', policy: 'run' });
  assert.deepEqual(await checksums(database, young.tenantId), before);
  assert.ok((await filesThatHold(root, young.mark)).length > 0);
  const again = await sweepTenant(deps, old.tenantId);
  assert.ok(
    Object.values(again).every((count) => count === 0),
    JSON.stringify(again),
  );
});

test('a sweep that was killed between the word and the deed is finished by the next, and says it once', async () => {
  const old = await fresh('cut');
  await age(old.tenantId, 3_651);
  const keeper = keeperOf(old.tenantId);
  assert.equal(await announceExpired(deps.db, keeper), 1);
  const [count] = await Promise.all([announceExpired(deps.db, keeper), announceExpired(deps.db, keeper)]);
  assert.equal(count, 0);
  assert.equal((await sweepTenant(deps, old.tenantId)).run, 1);
  assert.equal(await eraseAnnounced(deps.purger, keeper), 0);
  const { rows } = await database.admin(
    `select count(1)::int as n from app.events where run_id = $1 and type = 'event.payload_removed'`,
    [old.ended],
  );
  assert.deepEqual(rows, [{ n: 1 }]);
});

test('two nodes that sweep at once take each thing away once', async () => {
  const old = await fresh('both');
  await age(old.tenantId, 3_651);
  await Promise.all([sweepTenant(deps, old.tenantId), sweepTenant(deps, old.tenantId)]);
  const { rows } = await database.admin(
    `select count(1)::int as n, (select count(1)::int from app.artifacts where tenant_id = $1) as artifacts from app.events e
     where e.tenant_id = $1 and e.type = 'event.payload_removed'`,
    [old.tenantId],
  );
  assert.deepEqual(rows, [{ n: 1, artifacts: 0 }]);
});

test('bytes without a row go once they are older than the grace, and rows without bytes are counted', async () => {
  const one = await fresh('orphan');
  const scope = database.api.tenant(one.alice);
  const stray = await storeBlob(deps.blobs, scope, [Buffer.from('stray')]);
  assert.deepEqual(await sweepOrphans(deps, one.tenantId), { dropped: 0, missing: 0 });
  const { rows } = await database.admin(
    `select blob_id::text as id from app.artifacts where tenant_id = $1 and data_class = 'page'`,
    [one.tenantId],
  );
  await deps.blobs.delete(scope, String(rows[0]?.id));
  assert.deepEqual(await sweepOrphans(deps, one.tenantId, 0), { dropped: 1, missing: 1 });
  assert.equal(await deps.blobs.get(scope, stray.blobId), undefined);
});

test('the purger cannot write a payload, nor change what it does not erase', async () => {
  const one = await fresh('wall');
  const client = new pg.Client({ ...database.connect.direct, user: `${database.prefix}_ops` } as pg.ClientConfig);
  await client.connect();
  try {
    await client.query(`set role ${database.prefix}_purger`);
    await client.query(`select set_config('app.tenant_id', $1, false)`, [one.tenantId]);
    const refused = (text: string, reason: RegExp): Promise<void> => assert.rejects(client.query(text), reason);
    await refused(`update app.events set data = 'forged' where seq = 0`, /the purger only erases/);
    await refused(`update app.runs set task = 'forged'`, /the purger only erases/);
    await refused(`update app.runs set status = 'queued'`, /permission denied/);
    await refused('delete from sys.purges', /permission denied/);
  } finally {
    await client.end();
  }
});

test('a policy names known classes and days within bounds, and its change is on record', async () => {
  const one = await fresh('policy');
  const policies = await database.api.atomic(one.alice, (tx) => putRetention(tx, { upload: 7 }));
  assert.deepEqual(
    policies.find((policy) => policy.data_class === 'upload'),
    {
      data_class: 'upload',
      days: 7,
      default_days: 90,
      changeable: true,
      about: 'Files that people uploaded.',
    },
  );
  assert.deepEqual(await listRetention(database.api.tenant(one.alice)), policies);
  const { rows } = await database.admin(
    `select a.detail from app.audit a where a.tenant_id = $1 and a.action = 'retention.changed' order by a.id desc limit 1`,
    [one.tenantId],
  );
  assert.deepEqual(rows, [{ detail: '{"upload":7}' }]);
});

test('a key that something names keeps its row, and one whose end is near is not touched', async () => {
  const one = await fresh('keys');
  const count = async (): Promise<number> =>
    Number(
      (await database.admin('select count(*) as n from app.api_keys where tenant_id = $1', [one.tenantId])).rows[0]?.n,
    );
  const before = await count();
  await database.admin(
    `update app.artifact_links set created_at = created_at - interval '25 hours', expires_at = expires_at - interval '25 hours' where tenant_id = $1`,
    [one.tenantId],
  );
  assert.equal((await sweepTenant(deps, one.tenantId)).link, 1);
  await database.admin(
    `update app.api_keys set expires_at = clock_timestamp() - interval '89 days' where tenant_id = $1`,
    [one.tenantId],
  );
  assert.equal((await sweepTenant(deps, one.tenantId)).key, 0);
  await database.admin(
    `update app.api_keys set expires_at = clock_timestamp() - interval '91 days' where tenant_id = $1`,
    [one.tenantId],
  );
  await sweepTenant(deps, one.tenantId);
  const { rows } = await database.admin(
    'select k.id from app.api_keys k where k.tenant_id = $1 and not exists (select 1 from app.runs r where r.api_key_id = k.id) and not exists (select 1 from app.sessions s where s.api_key_id = k.id)',
    [one.tenantId],
  );
  assert.deepEqual(rows, []);
  assert.ok((await count()) > 0 && (await count()) < before);
});

test('sign-in links go a day after their end, used or not', async () => {
  const one = await fresh('links');
  const left = async (): Promise<number> =>
    Number(
      (await database.admin('select count(*) as n from sys.setup_links where tenant_id = $1', [one.tenantId])).rows[0]
        ?.n,
    );
  const [chore] = retentionChores(deps).filter(({ name }) => name === 'retention.sign_in_links');
  assert.ok(chore !== undefined);
  await chore.run(new AbortController().signal);
  assert.equal(await left(), 1);
  await database.admin(
    `update sys.setup_links set expires_at = expires_at - interval '25 hours' where tenant_id = $1`,
    [one.tenantId],
  );
  await chore.run(new AbortController().signal);
  assert.equal(await left(), 0);
});

test('a user has twenty sessions at most: the oldest ends when one more is opened, and the audit log says why', async () => {
  const one = await fresh('sessions');
  const tokens: string[] = [];
  for (let count = 0; count < 22; count++) tokens.push((await openSession(database.api, one.alice)).token);
  const verdicts = await Promise.all(tokens.map((token) => verifySession(database.api, token)));
  assert.deepEqual(
    verdicts.map(({ ok }) => ok),
    [false, false, ...Array<boolean>(20).fill(true)],
  );
  const { rows } = await database.admin(
    `select count(*)::int as n from app.audit where tenant_id = $1 and action = 'session.ended' and reason = 'too_many'`,
    [one.tenantId],
  );
  // The one that it was furnished with, and the first two of these.
  assert.equal(rows[0]?.n, 3);
});

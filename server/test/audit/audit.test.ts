import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type AuditRecord,
  auditDigest,
  auditHash,
  parseAuditExport,
  type SealedRecord,
  verifyAudit,
} from '@sallyport/chain';
import { exportAudit, listAudit, recordAct, sealAudit, tenantsToSeal } from '../../src/audit/audit.ts';
import { createKey, createPeppers, createTenant, firstBootOperator, revokeKey } from '../../src/identity/identity.ts';
import { asId, type KeyId, type TenantId } from '../../src/ids.ts';
import { mintPrincipal } from '../../src/principal.ts';
import { keeperOf } from '../../src/worker/worker.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

const peppers = createPeppers(new Map([[1, new Uint8Array(32).fill(3)]]));
let database: TestDatabase;

before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

async function tenant(name: string): Promise<TenantId> {
  return asId((await createTenant(database.api, peppers, firstBootOperator(), name)).tenant_id);
}
const as = (tenantId: TenantId) => mintPrincipal({ kind: 'setup', tenantId });
const exported = async (tenantId: TenantId) => parseAuditExport(exportAudit(database.api.tenant(as(tenantId))));

test('making a tenant and its key is recorded in the same transaction, and sealed in order', async () => {
  const id = await tenant('acts');
  assert.ok((await tenantsToSeal(database.worker, 1_000)).includes(id));
  assert.equal(await sealAudit(database.worker, keeperOf(id)), 2);
  assert.ok(!(await tenantsToSeal(database.worker, 1_000)).includes(id));
  const records = await listAudit(database.api.tenant(as(id)), { limit: 10 });
  assert.deepEqual(
    records.map((record) => record.action),
    ['key.created', 'tenant.created'],
  );
  const verdict = await verifyAudit(await exported(id));
  assert.deepEqual([verdict.ok, verdict.ok && verdict.count], [true, 2]);
});

test('an act that is rolled back leaves no record, and a record that cannot be written undoes its act', async () => {
  const id = await tenant('atomic');
  await sealAudit(database.worker, keeperOf(id));
  const made = await database.api.atomic(as(id), async (tx) => {
    const { rows } = await database.admin('select id::text as id from app.users where tenant_id = $1', [id]);
    return createKey(
      tx,
      peppers,
      { userId: asId(String(rows[0]?.id)), scopes: ['runs:read'], env: 'live' },
      { name: 'k' },
    );
  });
  await assert.rejects(
    database.api.atomic(as(id), async (tx) => {
      await revokeKey(tx, asId<KeyId>(made.id));
      throw new Error('later');
    }),
    /later/,
  );
  await assert.rejects(
    database.api.atomic(as(id), async (tx) => {
      await revokeKey(tx, asId<KeyId>(made.id));
      await recordAct(tx, { action: 'key.revoked', detail: { long: 'x'.repeat(5_000) } });
    }),
  );
  await sealAudit(database.worker, keeperOf(id));
  const records = await listAudit(database.api.tenant(as(id)), { limit: 10 });
  assert.equal(records.filter((record) => record.action === 'key.revoked').length, 0);
  const { rows } = await database.admin('select status from app.api_keys where id = $1', [made.id]);
  assert.equal(rows[0]?.status, 'active');
});

test('many writers and many sealers make one chain without a gap or a fork', async () => {
  const id = await tenant('busy');
  const write = async (from: number): Promise<void> => {
    for (let at = 0; at < 25; at++)
      await database.api.atomic(as(id), (tx) =>
        recordAct(tx, { action: 'run.exported', object: { kind: 'run', id: `${from}-${at}` } }),
      );
  };
  const writers = Array.from({ length: 6 }, (_, index) => write(index));
  let open = true;
  const seal = async (): Promise<void> => {
    while (open) await sealAudit(database.worker, keeperOf(id));
  };
  const sealers = [seal(), seal(), seal()];
  await Promise.all(writers);
  open = false;
  await Promise.all(sealers);
  await sealAudit(database.worker, keeperOf(id));
  const source = await exported(id);
  assert.equal(source.records.length, 152);
  assert.equal((await verifyAudit(source)).ok, true);
});

test('nobody changes or removes a record: not the tenant role, not the owner of the tables', async () => {
  const id = await tenant('fixed');
  await sealAudit(database.worker, keeperOf(id));
  for (const statement of [
    'update app.audit set outcome = $$failed$$',
    'delete from app.audit_chain',
    'truncate app.audit_chain',
    'truncate app.audit cascade',
    'delete from app.audit_unsealed; update app.audit set reason = $$x$$',
  ]) {
    await assert.rejects(database.admin(statement), /insert-only|insufficient/, statement);
    await assert.rejects(
      database.admin(`set role ${database.prefix}_tenant; ${statement}`).finally(() => database.admin('reset role')),
      statement,
    );
  }
});

test("another tenant's records are neither listed nor exported", async () => {
  const one = await tenant('one');
  const two = await tenant('two');
  for (const id of [one, two]) await sealAudit(database.worker, keeperOf(id));
  const mine = await exported(one);
  assert.ok(mine.records.every((record) => record.tenant_id === one));
  const foreign = { header: { ...mine.header, tenant_id: two }, records: mine.records };
  assert.equal((await verifyAudit(foreign)).ok, false);
});

function chainOf(count: number): {
  header: { tenant_id: string; last_seq: number; head: string | null };
  records: SealedRecord[];
} {
  const records: SealedRecord[] = [];
  let previous: string | null = null;
  for (let seq = 0; seq < count; seq++) {
    const record: AuditRecord = {
      id: `id-${seq}`,
      tenant_id: 't',
      time: new Date(1_700_000_000_000 + seq * 1_000).toISOString(),
      actor: { kind: 'key', id: 'k' },
      on_behalf_of: null,
      action: 'run.created',
      object: { kind: 'run', id: `r-${seq}` },
      outcome: 'success',
      reason: null,
      request_id: null,
      detail: { seq },
    };
    const hash = auditHash(previous, seq, auditDigest(record));
    records.push({ ...record, seq, prev_hash: previous, hash });
    previous = hash;
  }
  return { header: { tenant_id: 't', last_seq: count - 1, head: previous }, records };
}

test('a thousand tamperings of a good chain are a thousand findings', async () => {
  const good = chainOf(40);
  assert.equal((await verifyAudit(good)).ok, true);
  const words = ['id', 'time', 'action', 'outcome'] as const;
  for (let round = 0; round < 1_000; round++) {
    const at = (round * 7) % 40;
    const records = structuredClone(good.records) as { -readonly [K in keyof SealedRecord]: SealedRecord[K] }[];
    const record = records[at];
    assert.ok(record !== undefined);
    const kind = round % 7;
    if (kind === 0) Object.assign(record, { [words[round % 4] ?? 'id']: 'changed' });
    else if (kind === 1) records.splice(at, 1);
    else if (kind === 2) records.splice(at, 0, structuredClone(record));
    else if (kind === 3) records.reverse();
    else if (kind === 4) record.detail = { seq: at, more: round };
    else if (kind === 5) records.pop();
    else record.tenant_id = 'other';
    const verdict = await verifyAudit({ header: good.header, records });
    assert.equal(verdict.ok, false, `round ${round}`);
  }
  const recomputed = chainOf(39);
  assert.equal((await verifyAudit({ header: good.header, records: recomputed.records })).ok, false, 'by its head');
});

test('a clock that goes back is found even in a chain that was computed anew', async () => {
  const { header, records } = chainOf(3);
  const late = { ...records[2], time: new Date(1_500_000_000_000).toISOString() } as SealedRecord;
  const hash = auditHash(late.prev_hash, 2, auditDigest(late));
  const verdict = await verifyAudit({
    header: { ...header, head: hash },
    records: [...records.slice(0, 2), { ...late, hash }],
  });
  assert.deepEqual([verdict.ok, !verdict.ok && verdict.code], [false, 'clock']);
});

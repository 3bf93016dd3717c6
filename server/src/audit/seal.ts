// The sealer: gives the records of one tenant their places, in the order in which it sees them, under a lock of that tenant.
// Chaining inside the act was tried: a busy tenant came to a hundredth of the rate, and acts dead-locked.
import { auditHash } from '@sallyport/chain';
import { type Database, lockTenant, type Row, sql, type TenantTx } from '../db/db.ts';
import { asId, type TenantId } from '../ids.ts';
import type { KeeperPrincipal } from '../principal.ts';

const BATCH = 500;

/** Tenants with records that wait for their place, longest waiting first. */
export async function tenantsToSeal(db: Database, most: number): Promise<TenantId[]> {
  return db.system('audit_due', [most], (row: Row) => asId<TenantId>(row.text('tenant_id')));
}

/** Seals what is visible of one tenant; answers how many. Many sealers may call: the lock lets one through at a time. */
export async function sealAudit(db: Database, keeper: KeeperPrincipal): Promise<number> {
  let sealed = 0;
  for (;;) {
    const count = await db.atomic(keeper, sealBatch);
    sealed += count;
    if (count < BATCH) return sealed;
  }
}

async function sealBatch(tx: TenantTx): Promise<number> {
  // The head is read after the lock was granted: a statement sees what was committed before it began.
  await lockTenant(tx, 'audit');
  const head = await tx.first(
    sql`select c.seq, c.hash from audit_chain c where ${tx.mine('c')} order by c.seq desc limit 1`,
    (row: Row) => ({ seq: Number(row.bigint('seq')), hash: Buffer.from(row.bytes('hash')).toString('hex') }),
  );
  const waiting = await tx.rows(
    sql`select u.record_id, a.body_digest from audit_unsealed u join audit a on a.tenant_id = u.tenant_id and a.id = u.record_id
        where ${tx.mine('u')} and ${tx.mine('a')} order by u.record_id limit ${BATCH}`,
    (row: Row) => ({ id: row.text('record_id'), digest: row.bytes('body_digest') }),
  );
  if (waiting.length === 0) return 0;
  let seq = head?.seq ?? -1;
  let previous = head?.hash ?? null;
  const links = waiting.map(({ id, digest }) => {
    seq++;
    const prev = previous;
    const hash = auditHash(prev, seq, digest);
    previous = hash;
    return { id, seq, prev: prev === null ? null : Buffer.from(prev, 'hex'), hash: Buffer.from(hash, 'hex') };
  });
  await tx.run(sql`insert into audit_chain (tenant_id, seq, record_id, prev_hash, hash)
    select ${tx.value}, l.seq, l.record_id, l.prev_hash, l.hash
    from unnest(${links.map((l) => l.seq)}::bigint[], ${links.map((l) => l.id)}::uuid[], ${links.map((l) => l.prev)}::bytea[], ${links.map((l) => l.hash)}::bytea[])
      as l(seq, record_id, prev_hash, hash)`);
  await tx.run(
    sql`delete from audit_unsealed u where ${tx.mine('u')} and u.record_id = any(${links.map((l) => l.id)}::uuid[])`,
  );
  return links.length;
}

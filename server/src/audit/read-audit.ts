// Reads the sealed log: pages, and the export that is verified offline.
import type { SealedRecord } from '@sallyport/chain';
import { type Row, sql, type TenantScope } from '../db/db.ts';

const PAGE = 500;

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly objectId?: string | undefined;
  /** Only records with a smaller seq. */
  readonly before?: number | undefined;
  readonly limit: number;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function readRecord(row: Row): SealedRecord {
  const prev = row.bytesOrNull('prev_hash');
  const objectKind = row.textOrNull('object_kind');
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    time: row.time('time').toISOString(),
    actor: { kind: row.text('actor_kind'), id: row.text('actor_id') },
    on_behalf_of: row.textOrNull('on_behalf_of'),
    action: row.text('action'),
    object: objectKind === null ? null : { kind: objectKind, id: row.text('object_id') },
    outcome: row.text('outcome') as SealedRecord['outcome'],
    reason: row.textOrNull('reason'),
    request_id: row.textOrNull('request_id'),
    detail: JSON.parse(row.text('detail')) as Record<string, unknown>,
    seq: Number(row.bigint('seq')),
    prev_hash: prev === null ? null : hex(prev),
    hash: hex(row.bytes('hash')),
  };
}

/** Newest first. A record shows once it has its place in the chain. */
export async function listAudit(scope: TenantScope, filter: AuditFilter): Promise<SealedRecord[]> {
  return scope.rows(
    sql`select a.id, a.tenant_id, a.time, a.actor_kind, a.actor_id, a.on_behalf_of::text as on_behalf_of, a.action, a.object_kind, a.object_id, a.outcome, a.reason,
          a.request_id::text as request_id, a.detail, c.seq, c.prev_hash, c.hash
        from audit_chain c join audit a on a.tenant_id = c.tenant_id and a.id = c.record_id
        where ${scope.mine('c')} and ${scope.mine('a')} and ${sql.all(
          filter.action !== undefined && sql`a.action = ${filter.action}`,
          filter.objectId !== undefined && sql`a.object_id = ${filter.objectId}`,
          filter.before !== undefined && sql`c.seq < ${filter.before}`,
        )} order by c.seq desc limit ${filter.limit}`,
    readRecord,
  );
}

/** A header line, then one record a line in the order of the chain. */
export async function* exportAudit(scope: TenantScope): AsyncGenerator<string> {
  const head = await scope.first(
    sql`select c.seq, c.hash from audit_chain c where ${scope.mine('c')} order by c.seq desc limit 1`,
    (row: Row) => ({ seq: Number(row.bigint('seq')), hash: hex(row.bytes('hash')) }),
  );
  const last = head?.seq ?? -1;
  yield `${JSON.stringify({ sallyport_audit: 1, tenant_id: scope.tenantId, last_seq: last, head: head?.hash ?? null })}\n`;
  let seen = -1;
  while (seen < last) {
    const records = await scope.rows(
      sql`select a.id, a.tenant_id, a.time, a.actor_kind, a.actor_id, a.on_behalf_of::text as on_behalf_of, a.action, a.object_kind, a.object_id, a.outcome, a.reason,
            a.request_id::text as request_id, a.detail, c.seq, c.prev_hash, c.hash
          from audit_chain c join audit a on a.tenant_id = c.tenant_id and a.id = c.record_id
          where ${scope.mine('c')} and ${scope.mine('a')} and c.seq > ${seen} and c.seq <= ${last} order by c.seq limit ${PAGE}`,
      readRecord,
    );
    if (records.length === 0) return;
    for (const record of records) yield `${JSON.stringify(record)}\n`;
    seen = records.at(-1)?.seq ?? last;
  }
}

// Artifacts: rows first marked, bytes deleted, rows removed last (RT3). And the two kinds of orphan that crashes leave behind.
import { recordAct } from '../audit/audit.ts';
import type { BlobStore } from '../blobs/blobs.ts';
import { type Database, type Row, sql, type TenantScope } from '../db/db.ts';
import type { KeeperPrincipal } from '../principal.ts';

const BATCH = 200;
const LOOKUP = 500;

interface Doomed {
  readonly id: string;
  readonly blobId: string;
}

function readDoomed(row: Row): Doomed {
  return { id: row.text('id'), blobId: row.text('blob_id') };
}

/** One class, one batch; answers how many went. */
export async function expireArtifacts(
  db: Database,
  keeper: KeeperPrincipal,
  blobs: BlobStore,
  dataClass: string,
): Promise<number> {
  const count = await db.atomic(keeper, async (tx) => {
    const marked =
      await tx.run(sql`update artifacts a set state = 'deleting' where ${tx.mine('a')} and a.id = any(array(
      select b.id from artifacts b where ${tx.mine('b')} and b.data_class = ${dataClass} and b.created_at <= (select app.kept_since(${dataClass}))
        and b.state = 'stored' order by b.created_at limit ${BATCH} for update skip locked))`);
    if (marked > 0)
      await recordAct(tx, { action: 'retention.expired', detail: { data_class: dataClass, count: marked } });
    return marked;
  });
  await finishDeletions(db.tenant(keeper), blobs);
  return count;
}

/** What was marked, now or by somebody who was killed. */
export async function finishDeletions(scope: TenantScope, blobs: BlobStore): Promise<number> {
  const marked = await scope.rows(
    sql`select a.id, a.blob_id from artifacts a where ${scope.mine('a')} and a.state = 'deleting' order by a.id limit ${BATCH}`,
    readDoomed,
  );
  for (const { blobId } of marked) await blobs.delete(scope, blobId);
  if (marked.length === 0) return 0;
  return scope.run(
    sql`delete from artifacts a where ${scope.mine('a')} and a.id = any(${marked.map(({ id }) => id)}::uuid[]) and a.state = 'deleting'`,
  );
}

/** When a UUIDv7 was made, Unix milliseconds. */
function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Bytes without a row: stored before a crash, or before a row that was refused. Younger than the grace, a row may still come. */
export async function dropStrayBlobs(scope: TenantScope, blobs: BlobStore, youngest: number): Promise<number> {
  let dropped = 0;
  const drop = async (ids: readonly string[]): Promise<void> => {
    const known = new Set(
      await scope.rows(
        sql`select a.blob_id from artifacts a where ${scope.mine('a')} and a.blob_id = any(${[...ids]}::uuid[])`,
        (row: Row) => row.text('blob_id'),
      ),
    );
    for (const blobId of ids) if (!known.has(blobId) && (await blobs.delete(scope, blobId))) dropped++;
  };
  let batch: string[] = [];
  for await (const blobId of blobs.list(scope)) {
    if (madeAt(blobId) > youngest) continue;
    batch.push(blobId);
    if (batch.length < LOOKUP) continue;
    await drop(batch);
    batch = [];
  }
  if (batch.length > 0) await drop(batch);
  return dropped;
}

/** Rows without bytes are a loss and are not hidden: they are counted, and an operator must look. */
export async function countMissingBytes(scope: TenantScope, blobs: BlobStore, youngest: number): Promise<number> {
  const there = new Set<string>();
  for await (const blobId of blobs.list(scope)) there.add(blobId);
  let missing = 0;
  let after: string | null = null;
  for (;;) {
    const rows: Doomed[] = await scope.rows(
      sql`select a.id, a.blob_id from artifacts a where ${scope.mine('a')} and a.state = 'stored' and a.created_at <= ${new Date(youngest)} and (${after}::uuid is null or a.id > ${after}::uuid)
          order by a.id limit ${LOOKUP}`,
      readDoomed,
    );
    for (const { blobId } of rows) if (!there.has(blobId)) missing++;
    after = rows.at(-1)?.id ?? null;
    if (rows.length < LOOKUP || after === null) return missing;
  }
}

// What stays of each run when its tenant is gone: its id, how many events it had, and the head of its chain. Who has an export
// of the run can show with it that the export is the run that was deleted.
import { type Row, sql } from '../db/db.ts';
import type { ClaimedPurge, PurgeDeps } from './claimed-purge.ts';
import { idFrom, operatorRecord } from './operator-audit.ts';

const PAGE = 200;

interface Tombstone {
  readonly id: string;
  readonly events: number;
  readonly head: string | null;
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
}

/** Pages are the same whenever they are read: nobody writes any more. So each has one record, however often this is begun. */
export async function writeTombstones(
  deps: PurgeDeps,
  purge: ClaimedPurge,
): Promise<{ readonly runs: number; readonly events: number }> {
  const scope = deps.purger.tenant(purge.keeper);
  let after: string | null = null;
  let runs = 0;
  let events = 0;
  for (;;) {
    const page: Tombstone[] = await scope.rows(
      sql`select r.id, r.last_seq, r.head from runs r where ${scope.mine('r')} and (${after}::uuid is null or r.id > ${after}::uuid)
          order by r.id limit ${PAGE}`,
      (row: Row) => ({ id: row.text('id'), events: row.int('last_seq') + 1, head: hex(row.bytesOrNull('head')) }),
    );
    if (page.length > 0) {
      const detail = { tenant_id: purge.tenantId, runs: page.map((run) => [run.id, run.events, run.head]) };
      await purge.record(operatorRecord(idFrom(purge.id, 'runs', after ?? ''), 'tenant.tombstones', purge.id, detail));
    }
    runs += page.length;
    for (const run of page) events += run.events;
    after = page.at(-1)?.id ?? after;
    await deps.reached?.('tombstones:within');
    if (page.length < PAGE) break;
    await purge.keep({});
  }
  const audit = await scope.first(
    sql`select c.seq, c.hash from audit_chain c where ${scope.mine('c')} order by c.seq desc limit 1`,
    (row: Row) => ({ records: Number(row.bigint('seq')) + 1, head: hex(row.bytes('hash')) }),
  );
  const detail = { tenant_id: purge.tenantId, records: audit?.records ?? 0, head: audit?.head ?? null };
  await purge.record(operatorRecord(idFrom(purge.id, 'audit'), 'tenant.audit_tombstone', purge.id, detail));
  return { runs, events };
}

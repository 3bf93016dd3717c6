// Takes the contents of runs away in two transactions: the event that says so, with a note of what is to go; then the payloads
// and the note. Killed between them, the next sweep finds the note.
import { recordAct } from '../audit/audit.ts';
import { type Database, type Row, sql, type TenantTx } from '../db/db.ts';
import { append, lockRun } from '../events/events.ts';
import { asId, type RunId } from '../ids.ts';
import type { KeeperPrincipal } from '../principal.ts';

const BATCH = 50;
const CONTROL = { kind: 'control' } as const;

/** Answers how many runs were announced; at most one batch. */
export async function announceExpired(db: Database, keeper: KeeperPrincipal): Promise<number> {
  const scope = db.tenant(keeper);
  const due = await scope.rows(
    sql`select r.id from runs r where ${scope.mine('r')} and r.content_state = 'present' and r.ended_at is not null
          and r.ended_at <= (select app.kept_since('run'))
          and not exists (select 1 from erasures e where ${scope.mine('e')} and e.run_id = r.id)
        order by r.ended_at limit ${BATCH}`,
    (row: Row) => asId<RunId>(row.text('id')),
  );
  for (const id of due) await db.atomic(keeper, (tx) => announce(tx, id));
  return due.length;
}

async function announce(tx: TenantTx, id: RunId): Promise<void> {
  const head = await lockRun(tx, id, CONTROL);
  // Of two nodes one waits at the row of the run, and finds the note of the other.
  const noted = await tx.run(
    sql`insert into erasures (tenant_id, run_id, last_seq)
        select ${tx.value}, ${id}, ${head.lastSeq}
        where exists (select 1 from runs r where ${tx.mine('r')} and r.id = ${id} and r.content_state = 'present')
        on conflict (tenant_id, run_id) do nothing`,
  );
  if (noted === 0 || head.lastSeq < 0) return;
  const data = { first_seq: 0, last_seq: head.lastSeq, reason: 'expired', policy: 'run' };
  await append(tx, head, CONTROL, [
    { type: 'event.payload_removed', actor: { kind: 'system', id: 'retention' }, data },
  ]);
  await recordAct(tx, {
    action: 'retention.expired',
    object: { kind: 'run', id },
    detail: { data_class: 'run', count: head.lastSeq + 1 },
  });
}

interface Erasure {
  readonly runId: RunId;
  readonly lastSeq: number;
}

/** As the purger: it can take contents away and write none. Answers how many runs were emptied; at most one batch. */
export async function eraseAnnounced(purger: Database, keeper: KeeperPrincipal): Promise<number> {
  const scope = purger.tenant(keeper);
  const notes = await scope.rows(
    sql`select e.run_id, e.last_seq from erasures e where ${scope.mine('e')} order by e.run_id limit ${BATCH}`,
    (row: Row): Erasure => ({ runId: asId(row.text('run_id')), lastSeq: row.int('last_seq') }),
  );
  for (const note of notes) await purger.atomic(keeper, (tx) => erase(tx, note));
  return notes.length;
}

async function erase(tx: TenantTx, { runId, lastSeq }: Erasure): Promise<void> {
  await tx.run(sql`update events e set data = null, salt = null, data_state = 'expired'
    where ${tx.mine('e')} and e.run_id = ${runId} and e.seq <= ${lastSeq} and e.data_state = 'present'`);
  await tx.run(sql`delete from effects f where ${tx.mine('f')} and f.run_id = ${runId}`);
  await tx.run(sql`delete from egress_decisions d where ${tx.mine('d')} and d.run_id = ${runId}`);
  await tx.run(sql`delete from approvals a where ${tx.mine('a')} and a.run_id = ${runId}`);
  await tx.run(sql`update runs r set task = '', input = '', run_grant = '', result = null, content_state = 'expired'
    where ${tx.mine('r')} and r.id = ${runId}`);
  await tx.run(sql`delete from erasures e where ${tx.mine('e')} and e.run_id = ${runId}`);
}

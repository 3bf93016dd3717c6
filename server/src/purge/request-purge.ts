// The request of the operator, which closes the tenant in the same transaction, and what is known of a purge.
import type { Certificate, Purge } from '@sallyport/contracts';
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import { newId } from '../ids.ts';
import type { OperatorPrincipal } from '../principal.ts';
import { operatorRecord } from './operator-audit.ts';
import { parseProgress, STEPS } from './progress.ts';

/** Closes the tenant and begins its purge. Asked again, the answer is the purge that stands. */
export async function requestPurge(
  db: Database,
  _operator: OperatorPrincipal,
  tenantId: string,
  confirm: string,
): Promise<Purge> {
  const id = newId();
  const record = operatorRecord(id, 'tenant.deletion_requested', id, { tenant_id: tenantId });
  const [answer] = await db.system(
    'request_purge',
    [id, tenantId, confirm, record.body, record.digest],
    (row: Row) => ({ id: row.textOrNull('purge_id'), known: row.bool('known'), named: row.bool('named') }),
  );
  if (answer?.known === true && !answer.named)
    throw fault('invalid_input', { fields: [{ path: '/confirm', message: 'is not the name of the tenant' }] });
  if (answer === undefined || answer.id === null) throw fault('not_found');
  return getPurge(db, answer.id);
}

export async function getPurge(db: Database, id: string): Promise<Purge> {
  const [purge] = await db.system('find_purge', [id], (row: Row): Purge => {
    const progress = parseProgress(row.text('progress'));
    const certificate = row.textOrNull('certificate');
    return {
      id,
      tenant_id: row.text('tenant_id'),
      step: row.text('step'),
      steps: STEPS,
      requested_at: row.time('requested_at').toISOString(),
      ended_at: row.timeOrNull('ended_at')?.toISOString() ?? null,
      found: Object.values(progress.stores).reduce((sum, { found }) => sum + found, 0),
      removed: progress.removed,
      certificate: certificate === null ? null : (JSON.parse(certificate) as Certificate),
    };
  });
  if (purge === undefined) throw fault('not_found');
  return purge;
}

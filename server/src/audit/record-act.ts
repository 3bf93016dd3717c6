// Inserts a record in the transaction of its act: without the record there is no act, without the act no record.
import { type AuditRecord, auditDigest } from '@sallyport/chain';
import { sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { newId } from '../ids.ts';
import type { TenantPrincipal } from '../principal.ts';

/** The closed list of acts. */
export type AuditAction =
  | 'tenant.created'
  | 'tenant.suspended'
  | 'tenant.resumed'
  | 'tenant.changed'
  | 'tenant.key_rotated'
  | 'user.created'
  | 'user.changed'
  | 'user.disabled'
  | 'user.enabled'
  | 'identity.added'
  | 'identity.removed'
  | 'link.created'
  | 'key.rotated'
  | 'key.refused'
  | 'key.new_network'
  | 'token.denied'
  | 'token.denial_removed'
  | 'key.created'
  | 'key.revoked'
  | 'key.changed'
  | 'key.exposed'
  | 'session.opened'
  | 'session.ended'
  | 'run.created'
  | 'run.cancelled'
  | 'run.ended'
  | 'run.exported'
  | 'artifact.uploaded'
  | 'artifact.deleted'
  | 'link.created'
  | 'link.revoked'
  | 'audit.exported'
  | 'budget.created'
  | 'budget.updated'
  | 'billing.linked'
  | 'billing.recorded'
  | 'entity.type_defined'
  | 'secret.written'
  | 'secret.deleted'
  | 'egress.policy_changed'
  | 'retention.changed'
  | 'retention.expired'
  | 'approval.requested'
  | 'approval.approved'
  | 'approval.denied'
  | 'approval.expired'
  | 'approval.used'
  | 'approval.policy_changed'
  | 'effect.unknown'
  | 'effect.resolved'
  | 'action.declared'
  | 'action.removed'
  | 'skill.uploaded'
  | 'skill.approved'
  | 'skill.withdrawn'
  | 'skill.removed';

export interface Act {
  readonly action: AuditAction;
  readonly object?: { readonly kind: string; readonly id: string };
  readonly outcome?: 'success' | 'denied' | 'failed';
  /** A word of ours, never a sentence of a person. */
  readonly reason?: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

const MOST_DETAIL = 4_000;

interface Actor {
  readonly kind: 'key' | 'session' | 'user' | 'run' | 'operator' | 'system';
  readonly id: string;
  readonly onBehalfOf: string | null;
  readonly requestId: string | null;
}

function actorOf(principal: TenantPrincipal): Actor {
  switch (principal.kind) {
    case 'key':
      return { kind: 'key', id: principal.keyId, onBehalfOf: principal.userId, requestId: principal.requestId ?? null };
    case 'session':
      return {
        kind: 'session',
        id: principal.sessionId,
        onBehalfOf: principal.userId,
        requestId: principal.requestId ?? null,
      };
    case 'token': {
      const { userId } = principal;
      return { kind: 'user', id: userId, onBehalfOf: userId, requestId: principal.requestId ?? null };
    }
    case 'run':
      return { kind: 'run', id: principal.runId, onBehalfOf: null, requestId: null };
    case 'setup':
      return { kind: 'operator', id: 'setup', onBehalfOf: null, requestId: null };
    case 'link':
      return { kind: 'system', id: 'link', onBehalfOf: null, requestId: null };
    case 'billing':
      return { kind: 'system', id: 'billing', onBehalfOf: null, requestId: null };
    case 'keeper':
      return { kind: 'system', id: 'housekeeping', onBehalfOf: null, requestId: null };
  }
}

export async function recordAct(tx: TenantTx, act: Act): Promise<void> {
  const actor = actorOf(tx.principal);
  const record: AuditRecord = {
    id: newId(),
    tenant_id: tx.tenantId,
    time: new Date().toISOString(),
    actor: { kind: actor.kind, id: actor.id },
    on_behalf_of: actor.onBehalfOf,
    action: act.action,
    object: act.object ?? null,
    outcome: act.outcome ?? 'success',
    reason: act.reason ?? null,
    request_id: actor.requestId,
    detail: act.detail ?? {},
  };
  const detail = JSON.stringify(record.detail);
  if (detail.length > MOST_DETAIL) throw fault('internal', { detail: `the audit detail of ${act.action} is too long` });
  await tx.run(sql`with record as (
      insert into audit (tenant_id, id, time, actor_kind, actor_id, on_behalf_of, action, object_kind, object_id, outcome, reason, request_id, detail, body_digest)
      values (${tx.value}, ${record.id}, ${record.time}, ${actor.kind}, ${actor.id}, ${actor.onBehalfOf}, ${act.action}, ${record.object?.kind ?? null},
        ${record.object?.id ?? null}, ${record.outcome}, ${record.reason}, ${record.request_id}, ${detail}, ${auditDigest(record)}) returning id)
    insert into audit_unsealed (tenant_id, record_id) select ${tx.value}, r.id from record r`);
}

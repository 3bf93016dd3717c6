// A record of the audit chain, what of it is hashed, and the judgement of its place. Knows no hash function.
import { canonicalize } from './canonical.ts';

/** What is hashed of an act. It holds references and digests, never content: erasing a tenant leaves nothing to erase here. */
export interface AuditRecord {
  readonly id: string;
  readonly tenant_id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly on_behalf_of: string | null;
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string } | null;
  readonly outcome: 'success' | 'denied' | 'failed';
  readonly reason: string | null;
  readonly request_id: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface SealedRecord extends AuditRecord {
  readonly seq: number;
  readonly prev_hash: string | null;
  readonly hash: string;
}

export interface AuditHeader {
  readonly tenant_id: string;
  readonly last_seq: number;
  readonly head: string | null;
}

export type AuditCode = 'missing' | 'sequence' | 'foreign' | 'previous' | 'hash' | 'head' | 'clock';
export type AuditVerdict =
  | { readonly ok: true; readonly count: number; readonly head: string | null }
  | { readonly ok: false; readonly seq: number; readonly code: AuditCode; readonly detail: string };

/** Nodes may disagree by this much; a clock that goes back further is a finding. */
const CLOCK_MS = 300_000;

/** "sallyport.audit.v1\0" ‖ JCS of the record. */
export function auditText(record: AuditRecord): string {
  const { id, tenant_id, time, actor, on_behalf_of, action, object, outcome, reason, request_id, detail } = record;
  const body = {
    id,
    tenant_id,
    time,
    actor: { kind: actor.kind, id: actor.id },
    on_behalf_of,
    action,
    object: object === null ? null : { kind: object.kind, id: object.id },
    outcome,
    reason,
    request_id,
    detail,
  };
  return `sallyport.audit.v1\0${canonicalize(body)}`;
}

/** Where the walk stands: what the next record must follow. */
export interface AuditPlace {
  readonly seq: number;
  readonly previous: string | null;
  /** Unix milliseconds of the latest record. */
  readonly latest: number;
}

type AuditFault = Extract<AuditVerdict, { ok: false }>;

/** What is wrong with a record at its place, given the hash that it should have; undefined when nothing is. */
export function judgeAudit(
  record: SealedRecord,
  header: AuditHeader,
  { seq, previous, latest }: AuditPlace,
  hash: string,
): AuditFault | undefined {
  const bad = (code: AuditCode, detail: string): AuditFault => ({ ok: false, seq, code, detail });
  if (record.seq !== seq) return bad('sequence', `seq ${record.seq} stands where ${seq} belongs`);
  if (record.tenant_id !== header.tenant_id) return bad('foreign', 'the record is of another tenant');
  if (record.prev_hash !== previous) return bad('previous', 'prev_hash is not the hash of the record before');
  if (hash !== record.hash) return bad('hash', 'the record is not the one that was hashed');
  if (!(Date.parse(record.time) >= latest - CLOCK_MS)) return bad('clock', 'the clock goes back');
  return undefined;
}

export function judgeAuditEnd(header: AuditHeader, { seq, previous }: Omit<AuditPlace, 'latest'>): AuditVerdict {
  if (seq !== header.last_seq + 1)
    return { ok: false, seq, code: 'missing', detail: `${seq} records, the header promises ${header.last_seq + 1}` };
  if (previous !== header.head)
    return { ok: false, seq: seq - 1, code: 'head', detail: 'the last hash is not the head' };
  return { ok: true, count: seq, head: previous };
}

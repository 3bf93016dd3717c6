// The audit chain of a tenant: records of security-relevant acts, ordered by one sealer after their commit.
import { createHash } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { ChainError } from './chain-error.ts';
import { chainHash } from './link.ts';
import { parseLine } from './read-export.ts';

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

/** SHA-256("sallyport.audit.v1\0" ‖ JCS of the record). */
export function auditDigest(record: AuditRecord): Uint8Array {
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
  return createHash('sha256')
    .update(`sallyport.audit.v1\0${canonicalize(body)}`, 'utf8')
    .digest();
}

/** The hash of a record at its place: that of `chainHash` over the record's digest. */
export function auditHash(previous: string | null, seq: number, digest: Uint8Array): string {
  const prev = previous === null ? null : Buffer.from(previous, 'hex');
  return Buffer.from(chainHash(prev, seq, digest)).toString('hex');
}

/** Walks an export of the audit chain without secrets and without the server. */
export async function verifyAudit(source: {
  readonly header: AuditHeader;
  readonly records: AsyncIterable<SealedRecord> | Iterable<SealedRecord>;
}): Promise<AuditVerdict> {
  const { header } = source;
  let seq = 0;
  let previous: string | null = null;
  let latest = Number.NEGATIVE_INFINITY;
  for await (const record of source.records) {
    const bad = (code: AuditCode, detail: string): AuditVerdict => ({ ok: false, seq, code, detail });
    if (record.seq !== seq) return bad('sequence', `seq ${record.seq} stands where ${seq} belongs`);
    if (record.tenant_id !== header.tenant_id) return bad('foreign', 'the record is of another tenant');
    if (record.prev_hash !== previous) return bad('previous', 'prev_hash is not the hash of the record before');
    if (auditHash(previous, seq, auditDigest(record)) !== record.hash)
      return bad('hash', 'the record is not the one that was hashed');
    const time = Date.parse(record.time);
    if (!(time >= latest - CLOCK_MS)) return bad('clock', 'the clock goes back');
    latest = Math.max(latest, time);
    previous = record.hash;
    seq++;
  }
  if (seq !== header.last_seq + 1)
    return { ok: false, seq, code: 'missing', detail: `${seq} records, the header promises ${header.last_seq + 1}` };
  if (previous !== header.head)
    return { ok: false, seq: seq - 1, code: 'head', detail: 'the last hash is not the head' };
  return { ok: true, count: seq, head: previous };
}

/** Reads an export: a header line, then one record a line. Throws `ChainError('bad_export')`. */
export async function parseAuditExport(
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<{ header: AuditHeader; records: SealedRecord[] }> {
  let header: AuditHeader | undefined;
  const records: SealedRecord[] = [];
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const value = parseLine(line);
    if (header !== undefined) records.push(value as unknown as SealedRecord);
    else if (value.sallyport_audit === 1) header = value as unknown as AuditHeader;
    else throw new ChainError('bad_export', 'the first line is not the header of an audit export');
  }
  if (header === undefined) throw new ChainError('bad_export', 'the export is empty');
  return { header, records };
}

// The operator's chain: acts upon tenants, kept when the tenants are gone. Same record and same verifier as a tenant's audit log.
import { createHash } from 'node:crypto';
import { type AuditRecord, auditDigest, canonicalize } from '@sallyport/chain';
import type { Database, Row } from '../db/db.ts';

/** Stands where a tenant's id stands in a tenant's chain. */
export const OPERATOR_CHAIN = '-';
const PAGE = 200;

export interface OperatorRecord {
  readonly id: string;
  readonly body: string;
  readonly digest: Uint8Array;
}

/** An id that the same words always give: a step that is repeated finds its record there. RFC 9562, section 5.8. */
export function idFrom(...words: readonly string[]): string {
  const bytes = createHash('sha256')
    .update(`sallyport.operator.v1\0${words.join('\0')}`, 'utf8')
    .digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

export function operatorRecord(
  id: string,
  action: string,
  purgeId: string,
  detail: Readonly<Record<string, unknown>>,
): OperatorRecord {
  return operatorAct(id, action, { kind: 'purge', id: purgeId }, detail);
}

/** A record of an act of the operator upon something else than a tenant. */
export function operatorAct(
  id: string,
  action: string,
  object: { readonly kind: string; readonly id: string },
  detail: Readonly<Record<string, unknown>>,
): OperatorRecord {
  const record: AuditRecord = {
    id,
    tenant_id: OPERATOR_CHAIN,
    time: new Date().toISOString(),
    actor: { kind: 'operator', id: 'operator' },
    on_behalf_of: null,
    action,
    object,
    outcome: 'success',
    reason: null,
    request_id: null,
    detail,
  };
  return { id, body: canonicalize(record), digest: auditDigest(record) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

interface Line {
  readonly seq: number;
  readonly text: string;
  readonly hash: string;
}

function readLine(row: Row): Line {
  const prev = row.bytesOrNull('prev_hash');
  const seq = Number(row.bigint('seq'));
  const hash = hex(row.bytes('hash'));
  const body = JSON.parse(row.text('body')) as object;
  return { seq, hash, text: JSON.stringify({ ...body, seq, prev_hash: prev === null ? null : hex(prev), hash }) };
}

/** A header line, then one record a line, as `sallyport verify` reads it. */
export async function* exportOperatorAudit(db: Database): AsyncGenerator<string> {
  const lines: Line[] = [];
  for (;;) {
    const page = await db.system('operator_audit_after', [lines.at(-1)?.seq ?? -1, PAGE], readLine);
    lines.push(...page);
    if (page.length < PAGE) break;
  }
  const last = lines.at(-1);
  yield `${JSON.stringify({ sallyport_audit: 1, tenant_id: OPERATOR_CHAIN, last_seq: last?.seq ?? -1, head: last?.hash ?? null })}\n`;
  for (const { text } of lines) yield `${text}\n`;
}

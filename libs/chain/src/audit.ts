// The audit chain of a tenant: records of security-relevant acts, ordered by one sealer after their commit.
import { createHash } from 'node:crypto';
import {
  type AuditHeader,
  type AuditPlace,
  type AuditRecord,
  type AuditVerdict,
  auditText,
  judgeAudit,
  judgeAuditEnd,
  type SealedRecord,
} from './audit-record.ts';
import { ChainError } from './chain-error.ts';
import { chainHash } from './link.ts';
import { parseLine, readAuditHeader } from './read-export.ts';

export type { AuditCode, AuditHeader, AuditRecord, AuditVerdict, SealedRecord } from './audit-record.ts';

/** SHA-256 of `auditText`. */
export function auditDigest(record: AuditRecord): Uint8Array {
  return createHash('sha256').update(auditText(record), 'utf8').digest();
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
  let place: AuditPlace = { seq: 0, previous: null, latest: Number.NEGATIVE_INFINITY };
  for await (const record of source.records) {
    const wrong = judgeAudit(record, header, place, auditHash(place.previous, place.seq, auditDigest(record)));
    if (wrong !== undefined) return wrong;
    place = { seq: place.seq + 1, previous: record.hash, latest: Math.max(place.latest, Date.parse(record.time)) };
  }
  return judgeAuditEnd(header, place);
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
    else header = readAuditHeader(value);
  }
  if (header === undefined) throw new ChainError('bad_export', 'the export is empty');
  return { header, records };
}

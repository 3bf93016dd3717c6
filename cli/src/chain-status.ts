// Verifies an export offline and says what came out: of a run, or of a tenant's audit log.
import {
  type AuditVerdict,
  ChainError,
  parseAuditExport,
  parseExport,
  type Verdict,
  verifyAudit,
  verifyChain,
} from '@sallyport/chain';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';

export interface ChainStatus {
  /** What the export is of: a run, or the audit log of a tenant. */
  readonly of: { readonly kind: 'run' | 'audit'; readonly id: string };
  readonly verdict: Verdict | AuditVerdict;
}

/** Throws `Stop('data')` when the lines are no export at all. */
export async function verifyExport(lines: AsyncIterable<string>, name: string): Promise<ChainStatus> {
  try {
    const { isAudit, whole } = await peek(lines);
    if (isAudit) {
      const audit = await parseAuditExport(whole);
      return { of: { kind: 'audit', id: String(audit.header.tenant_id) }, verdict: await verifyAudit(audit) };
    }
    const { header, events } = await parseExport(whole);
    return { of: { kind: 'run', id: String(header.run_id) }, verdict: await verifyChain({ header, events }) };
  } catch (error) {
    // Fields of the wrong kind make the digests throw: that is no export either.
    if (error instanceof ChainError || error instanceof TypeError)
      throw new Stop('data', `${inert(name)} is no export: ${inert(error.message, 300)}`, error);
    throw error;
  }
}

/** The first line says what follows; it is handed on with the rest. */
async function peek(lines: AsyncIterable<string>): Promise<{ isAudit: boolean; whole: AsyncGenerator<string> }> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* whole(): AsyncGenerator<string> {
    for (let at = first; at.done !== true; at = await iterator.next()) yield at.value;
  }
  return { isAudit: first.done !== true && first.value.includes('"sallyport_audit"'), whole: whole() };
}

export function showVerdict(verdict: Verdict | AuditVerdict): string {
  if (!verdict.ok) return `BROKEN at seq ${verdict.seq}: ${inert(verdict.code, 40)}, ${inert(verdict.detail, 300)}`;
  const head = `head ${inert(verdict.head ?? 'none', 64)}`;
  if (!('payloadsRemoved' in verdict)) return `intact, ${verdict.count} records, ${head}`;
  const removed = verdict.payloadsRemoved === 0 ? 'none removed' : `${verdict.payloadsRemoved} payloads removed`;
  return `intact, ${verdict.count} events, ${removed}, ${head}`;
}

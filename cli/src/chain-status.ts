// Verifies an export offline and says what came out: of a run, or of a tenant's audit log.
import {
  type AuditVerdict,
  ChainError,
  parseAuditExport,
  parseExport,
  type SealedRecord,
  type Verdict,
  verifyAudit,
  verifyChain,
} from '@sallyport/chain';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';

export interface ChainStatus {
  /** What the export is of: a run, or the audit log of a tenant. */
  readonly of: { readonly kind: 'run' | 'audit'; readonly id: string };
  readonly tenantId: string;
  readonly verdict: Verdict | AuditVerdict;
  /** Of a run: the hash of each event. */
  readonly hashes: readonly string[];
  /** Of an audit log: how runs ended. */
  readonly ends: ReadonlyMap<string, RunEnd>;
}

/** What the audit log says of the last event of a run. */
export interface RunEnd {
  readonly seq: number;
  readonly head: string;
}

/** Throws `Stop('data')` when the lines are no export at all. */
export async function verifyExport(lines: AsyncIterable<string>, name: string): Promise<ChainStatus> {
  try {
    const { isAudit, whole } = await peek(lines);
    if (isAudit) {
      const audit = await parseAuditExport(whole);
      const tenantId = String(audit.header.tenant_id);
      const verdict = await verifyAudit(audit);
      return { of: { kind: 'audit', id: tenantId }, tenantId, verdict, hashes: [], ends: endsIn(audit.records) };
    }
    const { header, events } = await parseExport(whole);
    const verdict = await verifyChain({ header, events });
    const hashes = events.map((event) => event.hash);
    const of = { kind: 'run', id: String(header.run_id) } as const;
    return { of, tenantId: String(header.tenant_id), verdict, hashes, ends: new Map() };
  } catch (error) {
    // Fields of the wrong kind make the digests throw: that is no export either.
    if (error instanceof ChainError || error instanceof TypeError)
      throw new Stop('data', `${inert(name)} is no export: ${inert(error.message, 300)}`, error);
    throw error;
  }
}

function endsIn(records: readonly SealedRecord[]): Map<string, RunEnd> {
  const ends = new Map<string, RunEnd>();
  for (const { action, object, detail } of records) {
    const { last_seq: seq, head } = detail ?? {};
    if (object?.kind !== 'run' || (action !== 'run.ended' && action !== 'run.cancelled')) continue;
    if (typeof seq === 'number' && typeof head === 'string') ends.set(object.id, { seq, head });
  }
  return ends;
}

/**
 * A run's export as the audit log of its tenant sees it: one whose end was cut off, and its header made anew, is whole by itself.
 * Undefined when no audit log here is whole and tells of the end of this run. What came after the end is not asked.
 */
export function asAudited(run: ChainStatus, all: readonly ChainStatus[]): Verdict | AuditVerdict | undefined {
  if (run.of.kind !== 'run' || !run.verdict.ok) return undefined;
  for (const { of, tenantId, verdict, ends } of all) {
    const end = of.kind === 'audit' && verdict.ok && tenantId === run.tenantId ? ends.get(run.of.id) : undefined;
    if (end === undefined) continue;
    if (run.hashes[end.seq] === end.head) return run.verdict;
    const detail = `the audit log says that the run ended at seq ${end.seq} with another event`;
    return { ok: false, seq: end.seq, code: 'head', detail };
  }
  return undefined;
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

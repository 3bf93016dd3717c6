// Verifies an export offline and says what came out.
import { ChainError, type ExportHeader, parseExport, type Verdict, verifyChain } from '@sallyport/chain';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';

export interface ChainStatus {
  readonly header: ExportHeader;
  readonly verdict: Verdict;
}

/** Throws `Stop('data')` when the lines are no export at all. */
export async function verifyExport(lines: AsyncIterable<string>, name: string): Promise<ChainStatus> {
  try {
    const { header, events } = await parseExport(lines);
    return { header, verdict: await verifyChain({ header, events }) };
  } catch (error) {
    // Fields of the wrong kind make the digests throw: that is no export either.
    if (error instanceof ChainError || error instanceof TypeError)
      throw new Stop('data', `${inert(name)} is no export of a run: ${inert(error.message, 300)}`, error);
    throw error;
  }
}

export function showVerdict(verdict: Verdict): string {
  if (!verdict.ok) return `BROKEN at seq ${verdict.seq}: ${inert(verdict.code, 40)}, ${inert(verdict.detail, 300)}`;
  const removed = verdict.payloadsRemoved === 0 ? 'none removed' : `${verdict.payloadsRemoved} payloads removed`;
  return `intact, ${verdict.count} events, ${removed}, head ${inert(verdict.head ?? 'none', 64)}`;
}

// Fetches an export and verifies its chain, off the thread that draws. The session travels as the cookie.
import { ChainError, verifyAuditExport, verifyExport } from '@sallyport/chain/web';
import { createClient } from '@sallyport/client';
import type { ToVerify, Verified } from './verified.ts';

const EVERY = 500;
const tell = (message: Verified): void => globalThis.postMessage(message);
const progress = (seq: number): void => {
  if (seq % EVERY === 0) tell({ kind: 'progress', seq });
};

async function verify({ baseUrl, of }: ToVerify): Promise<Verified> {
  const api = createClient({ baseUrl });
  if (of.kind === 'audit') {
    const verdict = await verifyAuditExport(api.audit.export(), progress);
    if (verdict.ok) return { kind: 'whole', count: verdict.count, head: verdict.head, removed: 0 };
    return { kind: 'broken', seq: verdict.seq, detail: verdict.detail };
  }
  const verdict = await verifyExport(api.runs.export(of.id), progress);
  if (!verdict.ok) return { kind: 'broken', seq: verdict.seq, detail: verdict.detail };
  return { kind: 'whole', count: verdict.count, head: verdict.head, removed: verdict.payloadsRemoved };
}

globalThis.onmessage = async ({ data }: MessageEvent<ToVerify>): Promise<void> => {
  try {
    tell(await verify(data));
  } catch (error) {
    if (error instanceof ChainError) tell({ kind: 'broken', seq: 0, detail: error.message });
    else tell({ kind: 'not_checked' });
  }
};

// Fetches the export of a run and verifies its chain, off the thread that draws. The session travels as the cookie.
import { ChainError, verifyExport } from '@sallyport/chain/web';
import { createClient } from '@sallyport/client';
import type { ToVerify, Verified } from './verified.ts';

const EVERY = 500;
const tell = (message: Verified): void => globalThis.postMessage(message);

globalThis.onmessage = async ({ data }: MessageEvent<ToVerify>): Promise<void> => {
  try {
    const lines = createClient({ baseUrl: data.baseUrl }).runs.export(data.runId);
    const verdict = await verifyExport(lines, (seq) => {
      if (seq % EVERY === 0) tell({ kind: 'progress', seq });
    });
    tell(
      verdict.ok
        ? { kind: 'whole', count: verdict.count, head: verdict.head, removed: verdict.payloadsRemoved }
        : { kind: 'broken', seq: verdict.seq, detail: verdict.detail },
    );
  } catch (error) {
    if (error instanceof ChainError) tell({ kind: 'broken', seq: 0, detail: error.message });
    else tell({ kind: 'not_checked' });
  }
};

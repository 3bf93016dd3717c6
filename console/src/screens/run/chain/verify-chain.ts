// The chain of a run or of the audit log, verified in this browser: the server's word that it is whole is worth nothing.

import workerAddress from 'worker:./verify.worker.ts';
import { useEffect, useRef, useState } from 'react';
import { useConsole } from '../../../api/console.ts';
import type { ToVerify, Verified } from './verified.ts';

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): string };
}

let policy: { createScriptURL(address: string): string } | undefined;

/** The one address that this page may start a worker from: the file that was built beside it. */
function trusted(address: string): string {
  const factory = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (factory === undefined) return address;
  policy ??= factory.createPolicy('sallyport-worker', {
    createScriptURL: (given) => {
      if (given === address) return given;
      throw new TypeError('not the address of our worker');
    },
  });
  return policy.createScriptURL(address);
}

/** Verifies once when `ready`, and again for each `lastSeq` after it. */
export function useChain(of: ToVerify['of'], lastSeq: number, ready: boolean): Verified | undefined {
  const { base } = useConsole();
  const [verified, setVerified] = useState<Verified>();
  const asked = useRef(of);
  asked.current = of;
  const key = of.kind === 'run' ? of.id : of.kind;
  useEffect(() => {
    if (!ready || lastSeq < 0 || key === '') return;
    setVerified({ kind: 'progress', seq: 0 });
    const address = new URL(workerAddress, import.meta.url).href;
    const worker = new Worker(trusted(address), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Verified>) => setVerified(data);
    worker.onerror = () => setVerified({ kind: 'not_checked' });
    worker.postMessage({ baseUrl: new URL(base, location.origin).href, of: asked.current } satisfies ToVerify);
    return () => worker.terminate();
  }, [base, key, lastSeq, ready]);
  return verified;
}

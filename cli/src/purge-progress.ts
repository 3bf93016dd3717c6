// A purge on its way to its certificate, for whoever waits for it. What it does goes on without us.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@sallyport/client';
import type { Purge } from '@sallyport/contracts';

const LOOK_MS = 500;

export type Certificate = NonNullable<Purge['certificate']>;

/** Throws what `signal` aborts with. */
export async function certificateOf(
  client: Client,
  begun: Purge,
  options: { readonly onStep?: (purge: Purge) => void; readonly signal?: AbortSignal } = {},
): Promise<Certificate> {
  const { onStep, signal } = options;
  for (let purge = begun; ; purge = await client.tenants.purge(begun.id, signal)) {
    if (purge.certificate !== null) return purge.certificate;
    onStep?.(purge);
    await delay(LOOK_MS, undefined, { signal });
  }
}

export function sumOfStores({ stores }: Certificate, of: 'found' | 'remaining'): number {
  return stores.reduce((all, store) => all + store[of], 0);
}

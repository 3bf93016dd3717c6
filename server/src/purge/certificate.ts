// The certificate of a purge (RT7): what was found and is gone, what is not covered, signed. No customer data is in it.
import { createHash } from 'node:crypto';
import { canonicalize, signCertificate } from '@sallyport/chain';
import type { Certificate } from '@sallyport/contracts';
import type { ClaimedPurge, PurgeDeps } from './claimed-purge.ts';

export const NOT_COVERED = [
  'The record of this purge, the tombstones of runs (id, count of events, head of the chain) and this certificate are kept by the operator.',
  'Backups of the database and of the blob store made before this purge hold the data, and its keys in wrapped form, until they end: who has such a backup and the master key of its time can read it.',
  'The files of the database, its write-ahead log and pages that were not written over yet, may hold traces of deleted rows, wrapped keys among them, until the database reuses them.',
  "Stripe's own records of the customer are kept by Stripe.",
  'Lines of the server log that were shipped before this purge name the tenant by id; they hold no content.',
  'Exports and files that people of the tenant have downloaded.',
] as const;

export function buildCertificate(deps: PurgeDeps, purge: ClaimedPurge): Certificate {
  const { progress } = purge;
  const body = {
    sallyport_certificate: 1,
    purge_id: purge.id,
    tenant_id: purge.tenantId,
    version: deps.version,
    requested_at: purge.requestedAt.toISOString(),
    certified_at: new Date().toISOString(),
    // Nothing remains: the step before found nothing, or this one is not reached.
    stores: Object.entries(progress.stores).map(([name, { found, digest }]) => ({ name, found, digest, remaining: 0 })),
    tombstones: progress.tombstones,
    keys_destroyed: [...progress.keys],
    rescans: progress.rescans,
    not_covered: [...NOT_COVERED],
  } as const;
  return { ...body, signature: signCertificate(body, deps.signingSeed) };
}

/** What enters the operator's chain. */
export function certificateDigest(certificate: Certificate): string {
  return createHash('sha256')
    .update(`sallyport.certificate.v1\0${canonicalize(certificate)}`, 'utf8')
    .digest('hex');
}

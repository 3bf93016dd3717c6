// Owns the audit log: who did what to what, per tenant, chained.
// Promises that a record stands or falls with its act, that nobody changes one, and that one sealer gives each its place within a second.
// Must never hold what a person wrote: references, counts and digests only.

export { type AuditFilter, exportAudit, listAudit } from './read-audit.ts';
export { type Act, type AuditAction, recordAct } from './record-act.ts';
export { sealAudit, tenantsToSeal } from './seal.ts';

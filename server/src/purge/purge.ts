// Owns deletion by tenant: a state machine in the database that any node goes on with, ending in a signed certificate.
// Promises that a tenant is closed before anything is deleted, that a purge killed at any step ends the same, and that its end was re-scanned.
// Must never touch another tenant: every deletion runs inside the wall of the one, as a role that deletes and writes nothing.

export type { Deletion, PurgeDeps, PurgePoint } from './claimed-purge.ts';
export { exportOperatorAudit, idFrom, operatorAct } from './operator-audit.ts';
export type { Step as PurgeStep } from './progress.ts';
export { purgeChores } from './purge-chores.ts';
export { getPurge, requestPurge } from './request-purge.ts';
export { STORES } from './stores.ts';
export { workPurges } from './work-purges.ts';

// Owns the way out of and into a whole database, over all tenants: a snapshot of one moment for a backup, a load for a restore.
// Promises that a snapshot is one moment whatever is written meanwhile, and that a load is there as a whole or not at all.
// Must never be reached by a login of a serving node: it enters as the migrator, who owns the roles, and reads as the copier, who only reads.
export { type DatabaseLoad, openLoad } from './load.ts';
export { recordOperatorAct } from './operator-act.ts';
export {
  type AppliedMigration,
  type BlobPlace,
  type DatabaseSnapshot,
  openSnapshot,
  type Sequence,
  type TableShape,
} from './snapshot.ts';
export { clearTarget, markTarget, readTarget, type TargetState, unmarkTarget } from './target.ts';

// Owns the runs row: creation, status, what a run was asked and what it answered.
// Promises that every status change is one transaction with its event, under the run's row lock.
// Must never move a run that has ended, nor let a worker without the present epoch move any.
export { createRun, type NewRun } from './create-run.ts';
export {
  type FollowRunsOptions,
  findHeadlines,
  followRuns,
  newestHeadlines,
  type RunNews,
} from './follow-runs.ts';
export { type WaitReason, waitRun, wakeRun } from './hold-run.ts';
export { type CancelResult, cancelRun, type Finish, finishRun, startRun } from './move-run.ts';
export {
  findRun,
  getRun,
  getRunRecord,
  listRuns,
  loadWork,
  type RunGrant,
  type RunRecord,
  type RunWork,
} from './read-run.ts';
export { recordUsage, settleLostSteps, usageEvent } from './record-usage.ts';
export { settleUnknown } from './settle-effect.ts';

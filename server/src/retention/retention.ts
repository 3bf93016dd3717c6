// Owns how long each class of data is kept: defaults, a tenant's own policy, and the sweep that takes away what has expired.
// Promises that a sweep may be killed anywhere and run on many nodes at once, and that a chain still verifies after it.
// Must never be what makes a thing unreadable: the reads do that, at the moment of expiry.
export { type KeptClass, listRetention, putRetention, RETENTION, type RetentionRule } from './policy.ts';
export { type RetentionDeps, retentionChores, type Swept, sweepOrphans, sweepTenant } from './sweep.ts';

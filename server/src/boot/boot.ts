// Owns what a process needs before it can serve: the data folder, its secrets, the database, the first tenant.
// Promises that two fresh data folders share no secret, that a first boot that was killed half-way is finished by the next,
//   and that everything it makes is readable by this user alone.
// Must never print a key, nor take one from an argument.

export { attachMetrics } from './attach-metrics.ts';
export { Begun } from './begun.ts';
export { blobFolderOf, openBlobBackend, openBlobs } from './blob-place.ts';
export { type DataFolder, openDataFolder } from './data-folder.ts';
export { type DatabaseServer, joinDatabaseServer, openDatabaseServer } from './database-server.ts';
export { type DiskSpace, usedPercent, watchDiskSpace } from './disk-space.ts';
export { type FirstBoot, finishFirstBoot } from './first-boot.ts';
export { type FollowedKey, followKeys, followMaster } from './follow-keys.ts';
export { deploymentLists, egressAdvice, type Guards, openGuards, providerOptions } from './guards.ts';
export { followLinkKeys, LINK_KEYS } from './link-keys.ts';
export { demandMasterKeyFile, findMasterKeys, makeFirstMasterKey, readMasterSecrets } from './master-key.ts';
export { openBilling, openPrices } from './open-billing.ts';
export { openTraces } from './open-traces.ts';
export { watchNode } from './readiness.ts';
export { demandSharedKeys } from './shared-keys.ts';
export { openAccess, openTokenIssuers } from './token-issuers.ts';
export { migrateAndTell } from './told-migration.ts';
export { type WatchOptions, watchProcess } from './watch-process.ts';

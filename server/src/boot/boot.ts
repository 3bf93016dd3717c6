// Owns what a process needs before it can serve: the data folder, its secrets, the database, the first tenant.
// Promises that two fresh data folders share no secret, that a first boot that was killed half-way is finished by the next,
//   and that everything it makes is readable by this user alone.
// Must never print a key, nor take one from an argument.

export { attachMetrics } from './attach-metrics.ts';
export { type FirstBoot, finishFirstBoot } from './first-boot.ts';
export { deploymentLists, egressAdvice, type Guards, openGuards, providerOptions } from './guards.ts';
export { type FollowedKey, followKeys, followMaster } from './keys/follow-keys.ts';
export { followLinkKeys, LINK_KEYS } from './keys/link-keys.ts';
export { demandMasterKeyFile, findMasterKeys, makeFirstMasterKey, readMasterSecrets } from './keys/master-key.ts';
export { demandSharedKeys } from './keys/shared-keys.ts';
export { openAccess, openTokenIssuers } from './keys/token-issuers.ts';
export { openBilling, openPrices } from './open-billing.ts';
export { openTraces } from './open-traces.ts';
export { Begun } from './place/begun.ts';
export { blobFolderOf, openBlobBackend, openBlobs } from './place/blob-place.ts';
export { type DataFolder, openDataFolder } from './place/data-folder.ts';
export { type DatabaseServer, joinDatabaseServer, openDatabaseServer } from './place/database-server.ts';
export { type DiskSpace, usedPercent, watchDiskSpace } from './place/disk-space.ts';
export { migrateAndTell } from './place/told-migration.ts';
export { watchNode } from './readiness.ts';
export { type WatchOptions, watchProcess } from './watch-process.ts';

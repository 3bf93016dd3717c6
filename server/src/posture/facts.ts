// The facts that a posture is judged by: settings in force, and what the database, the skills and the figures say now.
import { ENTITY_TYPES, EVENT_TYPES } from '@sallyport/contracts';
import type { Config } from '../config.ts';
import type { Database, DatabaseStanding } from '../db/db.ts';
import { readIssuers } from '../identity/identity.ts';
import type { Figures } from '../metrics/metrics.ts';
import type { Skills } from '../skills/skills.ts';
import { type AccessFigures, readAccess, readBackupAge, readFigures } from './figures.ts';

export interface Facts {
  readonly loopback: boolean;
  readonly publicHttps: boolean;
  readonly ownDatabase: boolean;
  readonly database: DatabaseStanding;
  readonly blobs: 'local' | 's3' | 's3_plain';
  readonly masterKeyInSettings: boolean;
  readonly metrics: boolean;
  readonly logLevel: Config['logLevel'];
  readonly openedRanges: number;
  /** Of those, ranges without a port. */
  readonly openedWide: number;
  readonly model: string;
  readonly skills: number;
  /** Skills that name no tool at all cannot be told from skills that forgot to. */
  readonly skillTools: number;
  readonly stripe: Config['stripeMode'];
  readonly stripeSecrets: boolean;
  readonly diskLimit: number;
  readonly diskFull: boolean;
  readonly eventTypes: number;
  readonly entityTypes: number;
  readonly figures: Figures;
  readonly access: AccessFigures;
  /** Null when none was made. */
  readonly backupAgeHours: number | null;
  /** Token issuers that people sign in by, and the longest life that one of their tokens may have, in seconds. */
  readonly issuers: number;
  readonly longestToken: number;
}

export interface PostureSources {
  readonly config: Config;
  readonly api: Database;
  readonly skills: Skills;
  readonly disk: { full(): Promise<boolean> };
}

export async function readFacts({ config, api, skills, disk }: PostureSources): Promise<Facts> {
  const [database, figures, access, backupAgeHours, diskFull] = await Promise.all([
    api.standing(),
    readFigures(api, Date.now),
    readAccess(api),
    readBackupAge(api, Date.now),
    disk.full(),
  ]);
  const issuers = readIssuers(config.jwtIssuers);
  const all = skills.list();
  const endpoint = config.s3Endpoint;
  return {
    loopback: config.host === '::1' || config.host.startsWith('127.'),
    publicHttps: config.publicUrl?.protocol === 'https:',
    ownDatabase: config.databaseUrl !== undefined,
    database,
    blobs: endpoint === undefined ? 'local' : endpoint.protocol === 'https:' ? 's3' : 's3_plain',
    masterKeyInSettings: config.masterKey !== undefined,
    metrics: config.metrics === 'on',
    logLevel: config.logLevel,
    openedRanges: config.egressAllow.length,
    openedWide: config.egressAllow.filter((range) => !/\]?\/\d+:\d+$/.test(range)).length,
    model: config.model,
    skills: all.length,
    skillTools: all.reduce((sum, skill) => sum + skill.tools.length, 0),
    stripe: config.stripeMode,
    stripeSecrets: config.stripeWebhookSecrets !== undefined,
    diskLimit: config.diskLimit,
    diskFull,
    eventTypes: EVENT_TYPES.length,
    entityTypes: ENTITY_TYPES.length,
    figures,
    access,
    backupAgeHours,
    issuers: issuers.length,
    longestToken: Math.max(0, ...issuers.map((issuer) => issuer.maxAge)),
  };
}

// The threat model as data: each row is an attack, and each attack is tried in all four settings.
import type { Attack } from './attack.ts';
import { artifactLink } from './attacks/artifact-link.ts';
import { doubledPayment } from './attacks/doubled-payment.ts';
import { forgedPayment } from './attacks/forged-payment.ts';
import { jobRerun } from './attacks/job-rerun.ts';
import { keyInLog } from './attacks/key-in-log.ts';
import { pageInjection } from './attacks/page-injection.ts';
import { purgedTenant } from './attacks/purged-tenant.ts';
import { readerTarget } from './attacks/reader-target.ts';
import { schemaDrift } from './attacks/schema-drift.ts';
import { stolenKeys } from './attacks/stolen-keys.ts';
import { storedBytes } from './attacks/stored-bytes.ts';
import { tenantFilter } from './attacks/tenant-filter.ts';

export const ATTACKS: readonly Attack[] = [
  tenantFilter,
  readerTarget,
  pageInjection,
  keyInLog,
  artifactLink,
  jobRerun,
  schemaDrift,
  stolenKeys,
  storedBytes,
  purgedTenant,
  forgedPayment,
  doubledPayment,
];

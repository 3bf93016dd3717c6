// Owns the examination of a deployment from the inside: settings, folder, keys, database, egress guard.
// Promises one fix for each fault, and that examining makes and changes nothing that was not there.
// Must never say a secret, nor stop at the first fault.
import { createEgressGuard, EgressError, type EgressGuard } from '@sallyport/egress';
import { openDatabaseServer, openDataFolder } from '../boot/boot.ts';
import { type Config, type ConfigSource, readConfig } from '../config.ts';
import type { DatabaseFacts } from '../db/db.ts';
import { EmbeddedError } from '../embedded/embedded.ts';
import { Fault } from '../errors.ts';
import { examineFolder, isThere } from './examine-folder.ts';
import { type Finding, fail, good, skipped, warn } from './finding.ts';

export type { Finding } from './finding.ts';

const LEAST_NODE = 24;
const LEAST_POSTGRES = 150_000;
const SKEW_WARN_MS = 2_000;
const SKEW_FAIL_MS = 30_000;

export interface Examined {
  readonly findings: readonly Finding[];
  /** Undefined when the settings are not valid. */
  readonly config: Config | undefined;
}

export async function examine(source: ConfigSource): Promise<Examined> {
  const node = examineNode(process.versions.node);
  let config: Config;
  try {
    config = readConfig(source);
  } catch (error) {
    return { findings: [node, ...explainSettings(error)], config: undefined };
  }
  const folder = await examineFolder(config);
  return {
    config,
    findings: [
      node,
      good('settings', 'every setting is accepted'),
      ...folder,
      ...(await examineDatabase(config)),
      await examineEgress(config),
    ],
  };
}

export function examineNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= LEAST_NODE) return good('node', `Node.js ${version}`);
  return fail('node', `Node.js ${version} is too old`, `run it with Node.js ${LEAST_NODE}: npm ci brings one`);
}

function explainSettings(error: unknown): Finding[] {
  if (!(error instanceof Fault) || error.code !== 'configuration') throw error;
  return (error.options.fields ?? []).map(({ path, message }) => fail('settings', message, `correct or unset ${path}`));
}

async function examineDatabase(config: Config): Promise<Finding[]> {
  if (!isThere(config.dataDir)) return [skipped('database', 'there is no data folder yet', 'sallyport serve makes it')];
  let facts: DatabaseFacts;
  try {
    const server = await openDatabaseServer(config, openDataFolder(config.dataDir, config.keyFolder), { own: false });
    facts = await server.inspect();
  } catch (error) {
    return [explainDatabase(error, config)];
  }
  return judgeDatabase(facts);
}

function explainDatabase(error: unknown, config: Config): Finding {
  if (error instanceof EmbeddedError && error.code === 'not_running')
    return skipped('database', 'no database runs for this folder', `sallyport serve --data ${config.dataDir}`);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const fix =
    config.databaseUrl === undefined
      ? `look at ${config.dataDir}/postgres.log`
      : 'see that DATABASE_URL and DATABASE_DIRECT_URL name a server that runs and a user that may enter';
  // The driver's own sentence may quote the address; the code says enough.
  return fail('database', `the database cannot be asked (${code})`, fix);
}

/** What the facts mean; pure. */
export function judgeDatabase({ version, skewMs, applied, known }: DatabaseFacts): Finding[] {
  const name = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`;
  const skew = Math.abs(skewMs);
  const clock = `the clocks differ by ${skew} ms`;
  return [
    version >= LEAST_POSTGRES
      ? good('database', `${name} answers`)
      : fail('database', `${name} is too old`, 'use PostgreSQL 15 or newer'),
    applied === known
      ? good('migrations', `the schema is that of this version (${known})`)
      : applied < known
        ? fail('migrations', `the schema stands at ${applied}, this version needs ${known}`, 'sallyport migrate')
        : fail('migrations', `the schema stands at ${applied}, this version knows ${known}`, 'run a newer sallyport'),
    skew < SKEW_WARN_MS
      ? good('clock', clock)
      : skew < SKEW_FAIL_MS
        ? warn('clock', clock, 'synchronise both machines (NTP)')
        : fail('clock', clock, 'synchronise both machines (NTP)'),
  ];
}

async function examineEgress(config: Config): Promise<Finding> {
  const guard = createEgressGuard({ allowAddresses: config.egressAllow });
  try {
    return await examineGuard(guard);
  } finally {
    await guard.close();
  }
}

/** It must refuse the metadata services of clouds. Nothing is sent, also where it does not. */
export async function examineGuard(guard: EgressGuard): Promise<Finding> {
  for (const url of ['http://169.254.169.254/', 'http://[fd00:ec2::254]/']) {
    const refused = await guard.read(url, { mayStart: () => false }).then(
      () => false,
      (error: unknown) => error instanceof EgressError && error.code === 'address',
    );
    if (!refused)
      return fail('egress', `the guard does not refuse ${new URL(url).host}`, 'install this version anew: npm ci');
  }
  return good('egress', 'the guard refuses the metadata services of clouds');
}

// The table of rungs: for each promise what each rung asks of the facts, and the setting that reaches it.
// Where this release has no setting for a rung, the row says so: a deployment cannot be talked up to it.
import type { Facts } from './facts.ts';

export type Rung = 'below_baseline' | 'baseline' | 'production' | 'high_assurance';

export interface Step {
  readonly rung: Exclude<Rung, 'below_baseline'>;
  readonly holds: (facts: Facts) => boolean;
  readonly reach: string;
}

export interface PromiseRow {
  readonly title: string;
  readonly evidence: (facts: Facts) => readonly string[];
  readonly steps: readonly Step[];
}

/** Seconds; the audit log is sealed within one. */
export const MOST_SEALING_LAG = 10;
/** A week: where backups are made at all, an older newest one says that they stopped. */
export const MOST_BACKUP_HOURS = 168;
/** Seconds; of a token that lets a person in (JW8). */
const SHORT_TOKEN = 900;

const never = (): boolean => false;
const out = (reach: string): Step => ({
  rung: 'high_assurance',
  holds: never,
  reach: `no setting of this release: ${reach}`,
});
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

export const PROMISE_ROWS: Readonly<Record<number, PromiseRow>> = {
  1: {
    title: 'Tenants never cross.',
    evidence: ({ database: db, ownDatabase }) => [
      `${db.forced} of ${plural(db.tables, 'tenant table')} force row-level security`,
      db.mighty ? 'the login of the API could pass by it' : 'the login of the API cannot pass by it',
      `PostgreSQL ${db.version}, ${ownDatabase ? 'an own server' : 'embedded'}, ${db.tls ? 'by TLS' : db.socket ? 'by a socket of this machine' : 'over a network in clear'}`,
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ database: db }) => db.tables > 0 && db.forced === db.tables && !db.mighty,
        reach: 'run sallyport migrate with the owner of the database, and let no login of ours be a superuser',
      },
      {
        rung: 'production',
        holds: ({ ownDatabase }) => ownDatabase,
        reach: 'DATABASE_URL: an own PostgreSQL, replicated and backed up',
      },
      {
        rung: 'production',
        holds: ({ database: db }) => db.tls || db.socket,
        reach: 'DATABASE_URL with sslmode=verify-full',
      },
      out('the tenant of a session is set by a setting that the session could change'),
    ],
  },
  2: {
    title: 'Nobody acts without a valid credential.',
    evidence: ({ loopback, publicHttps, issuers, longestToken, access }) => [
      loopback ? 'it listens on loopback' : 'it listens on a public address, behind declared proxies',
      publicHttps ? 'its public address is https' : 'it has no public https address',
      issuers === 0
        ? 'people have keys and one-time links; no identity provider is trusted'
        : `tokens of ${plural(issuers, 'issuer')} let people in, for at most ${longestToken} s after they were issued`,
      `${plural(access.idleKeys, 'key')} that ${access.idleKeys === 1 ? 'works was' : 'work were'} not used for 90 days`,
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ loopback, publicHttps }) => loopback || publicHttps,
        reach: 'SALLYPORT_HOST=127.0.0.1, or SALLYPORT_PUBLIC_URL with https',
      },
      {
        rung: 'production',
        holds: ({ publicHttps }) => publicHttps,
        reach: 'SALLYPORT_PUBLIC_URL=https://… with a proxy that ends TLS in front',
      },
      {
        rung: 'high_assurance',
        holds: ({ issuers, longestToken }) => issuers > 0 && longestToken <= SHORT_TOKEN,
        reach: `SALLYPORT_JWT_ISSUERS: sign-in by an identity provider, each issuer with max_age of at most ${SHORT_TOKEN}`,
      },
      {
        rung: 'high_assurance',
        holds: ({ access }) => access.idleKeys === 0,
        reach: 'revoke the keys that nobody uses: GET /v1/api-keys?idle_days=90',
      },
    ],
  },
  3: {
    title: 'Agents call only what they may, and nothing secret reaches a log.',
    evidence: ({ openedRanges, openedWide, logLevel, metrics }) => [
      `${plural(openedRanges, 'private range')} opened to agents, ${openedWide} without a port`,
      `log level ${logLevel}`,
      metrics ? 'refusals are counted at /metrics' : 'refusals are not counted anywhere',
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ openedWide }) => openedWide === 0,
        reach: 'SALLYPORT_EGRESS_ALLOW: give each range its port',
      },
      { rung: 'production', holds: ({ logLevel }) => logLevel !== 'debug', reach: 'SALLYPORT_LOG_LEVEL=info' },
      { rung: 'production', holds: ({ metrics }) => metrics, reach: 'SALLYPORT_METRICS=on' },
      {
        rung: 'high_assurance',
        holds: ({ openedRanges }) => openedRanges === 0,
        reach: 'SALLYPORT_EGRESS_ALLOW empty: agents call public addresses only',
      },
    ],
  },
  4: {
    title: 'A page cannot steer an agent.',
    evidence: ({ skills, skillTools, model, openedRanges }) => [
      `${plural(skills, 'skill')} with ${plural(skillTools, 'granted tool')} between them`,
      `the model unless told is ${model === 'gullible' ? 'gullible, which obeys every page' : 'not the one that obeys every page'}`,
      `${plural(openedRanges, 'private range')} opened to agents`,
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ skills }) => skills > 0,
        reach: 'SALLYPORT_SKILLS: a folder with at least one skill; a run without one has no grant',
      },
      {
        rung: 'production',
        holds: ({ model }) => model !== 'gullible',
        reach: 'SALLYPORT_MODEL: a model other than gullible',
      },
      out('a second person for each approval is a policy of the tenant, which posture does not read'),
    ],
  },
  5: {
    title: 'Artifacts are private.',
    evidence: ({ blobs, masterKeyInSettings }) => [
      {
        local: 'blobs rest in the data folder',
        s3: 'blobs rest in a bucket, by https',
        s3_plain: 'blobs rest in a bucket, by http',
      }[blobs],
      masterKeyInSettings ? 'the master key is kept outside the data folder' : 'the master key lies in the data folder',
    ],
    steps: [
      { rung: 'baseline', holds: ({ blobs }) => blobs !== 's3_plain', reach: 'SALLYPORT_S3_ENDPOINT with https' },
      {
        rung: 'production',
        holds: ({ masterKeyInSettings }) => masterKeyInSettings,
        reach: 'SALLYPORT_MASTER_KEY_FILE: a file outside SALLYPORT_DATA, so that a copy of the folder opens nothing',
      },
      {
        rung: 'production',
        holds: ({ blobs }) => blobs === 's3',
        reach: 'SALLYPORT_BLOBS=s3 with SALLYPORT_S3_ENDPOINT',
      },
      out('the master key is in the memory of the server, not in a key service'),
    ],
  },
  6: {
    title: 'What is deleted is gone.',
    evidence: ({ diskFull, diskLimit, masterKeyInSettings, access, backupAgeHours }) => [
      diskFull ? `the disk is above ${diskLimit} %` : `the disk is below ${diskLimit} %`,
      masterKeyInSettings
        ? 'keys of tenants are wrapped by a key that a copy of the folder does not hold'
        : 'a copy of the data folder holds the key that wraps the keys of tenants',
      `${access.withRetention} of ${plural(access.tenants, 'tenant')} chose how long data is kept; the defaults hold for the rest`,
      backupAgeHours === null
        ? 'no backup was made by this installation'
        : `the newest backup is ${Math.floor(backupAgeHours)} h old, and holds what was deleted since`,
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ diskFull }) => !diskFull,
        reach: 'room on the disk: a purge writes before it deletes',
      },
      {
        rung: 'production',
        holds: ({ masterKeyInSettings }) => masterKeyInSettings,
        reach: 'SALLYPORT_MASTER_KEY_FILE: a file outside SALLYPORT_DATA, or old copies of the folder can be opened',
      },
      {
        rung: 'high_assurance',
        holds: ({ access }) => access.withRetention === access.tenants,
        reach: 'PUT /v1/retention in every tenant: each says itself how long its data is kept',
      },
      out('which older backups still stand is not known here'),
    ],
  },
  7: {
    title: 'Nothing is charged twice.',
    evidence: ({ stripe, stripeSecrets }) => [
      `billing is ${stripe}`,
      stripeSecrets ? 'events are verified by a signing secret' : 'no event of Stripe is accepted',
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ stripe, stripeSecrets }) => stripe === 'off' || stripeSecrets,
        reach: 'SALLYPORT_STRIPE_WEBHOOK_SECRETS_FILE',
      },
      {
        rung: 'production',
        holds: ({ stripe }) => stripe !== 'test',
        reach: 'SALLYPORT_STRIPE_MODE=live with its own key and secrets, or off',
      },
      out('what the key of Stripe may do is not read back from Stripe'),
    ],
  },
  8: {
    title: 'No reader is misled by a contract that changed.',
    evidence: ({ eventTypes, entityTypes, figures }) => [
      `this node writes ${plural(eventTypes, 'event type')} and ${plural(entityTypes, 'entity type')}, each with its version`,
      `${plural(figures.workers, 'worker')} at work on the same schema`,
    ],
    steps: [
      { rung: 'baseline', holds: ({ eventTypes }) => eventTypes > 0, reach: 'a release with its contracts' },
      {
        rung: 'production',
        holds: ({ figures }) => figures.workers > 1,
        reach: 'a second worker (sallyport worker), so that a new release is taken in turn and the old one reads on',
      },
      out('releases of the workers are not compared'),
    ],
  },
  9: {
    title: 'Every promise is proven by attack.',
    evidence: ({ figures, metrics }) => [
      `the oldest of ${plural(figures.unsealed, 'unsealed audit record')} waits for ${figures.sealingLagSeconds.toFixed(1)} s`,
      metrics ? 'the sealing lag can be watched at /metrics' : 'nobody can watch the sealing lag',
    ],
    steps: [
      {
        rung: 'baseline',
        holds: ({ figures }) => figures.sealingLagSeconds < MOST_SEALING_LAG,
        reach: 'a worker that seals: start sallyport worker, and look for chore.failed in its log',
      },
      {
        rung: 'production',
        holds: ({ metrics }) => metrics,
        reach: 'SALLYPORT_METRICS=on, and an alarm on the sealing lag',
      },
      out('heads of the audit chain are not anchored outside'),
    ],
  },
};
